import type { Method } from './method.ts'
import type {
  IdentityList,
  IdentityRegistered,
  PairingCreated,
  PairingDetails,
  PairingFound,
  PairingList,
} from './pairing-results.ts'

const algorithm = 'RSASSA-PKCS1-v1_5'

/** Pairings and identities: which key an agent signs with. */
export const pairingMethods = {
  /** Asks that a public key, as PEM, be taken for the agent's own; a person approves it. */
  createPairing: {
    verb: 'POST',
    path: '/api/pairings',
    params: ['public_key', '...details?'],
    own: { agent_id: 'agentId', agent_name: 'agentName' },
    defaults: { algorithm },
    names: { agentName: 'agent_name' },
    servers: 'both',
  } as Method<(publicKey: string, details?: PairingDetails) => Promise<PairingCreated>>,
  /** Gets one pairing. */
  getPairing: {
    verb: 'GET',
    path: '/api/pairings/{pairing_id}',
    params: ['pairing_id'],
    servers: 'both',
  } as Method<(pairingId: string) => Promise<PairingFound>>,
  /** Lists pairings. */
  listPairings: {
    verb: 'GET',
    path: '/api/pairings',
    params: ['...filters?'],
    role: 'admin',
    servers: 'both',
  } as Method<(filters?: { readonly status?: string; readonly limit?: number }) => Promise<PairingList>>,
  /** Approves a pairing: its key becomes the agent's identity. */
  approvePairing: {
    verb: 'POST',
    path: '/api/pairings/{pairing_id}/approve',
    params: ['pairing_id'],
    role: 'admin',
    servers: 'both',
  } as Method<(pairingId: string) => Promise<IdentityRegistered>>,
  /** Registers an agent's public key, as PEM, or replaces it. */
  registerIdentity: {
    verb: 'POST',
    path: '/api/identities',
    params: ['agent_id', 'public_key', 'algorithm?'],
    defaults: { algorithm },
    role: 'admin',
    isRepeatable: true,
    servers: 'both',
  } as Method<(agentId: string, publicKey: string, algorithm?: string) => Promise<IdentityRegistered>>,
  /** Lists the identities of the organization. */
  getIdentities: {
    verb: 'GET',
    path: '/api/identities',
    params: [],
    servers: 'both',
  } as Method<() => Promise<IdentityList>>,
  /** Takes an agent's public key away. */
  deleteIdentity: {
    verb: 'DELETE',
    path: '/api/identities/{agent_id}',
    params: ['agent_id'],
    role: 'admin',
    servers: 'both',
  } as Method<(agentId: string) => Promise<unknown>>,
}
