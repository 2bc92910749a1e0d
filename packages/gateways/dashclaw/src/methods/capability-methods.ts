import type {
  CapabilityFound,
  CapabilityInput,
  CapabilityList,
  CapabilityPatch,
  CapabilityQuery,
} from './capability-results.ts'
import type { Method } from './method.ts'

const names = { riskLevel: 'risk_level' }

/** Capabilities: what agents can be given to use, with its risk. */
export const capabilityMethods = {
  /** Finds capabilities. */
  listCapabilities: {
    verb: 'GET',
    path: '/api/capabilities',
    params: ['...filters?'],
    names,
    defaults: { limit: 100, offset: 0 },
    servers: '2.10',
  } as Method<(filters?: CapabilityQuery) => Promise<CapabilityList>>,
  /** Registers a capability. */
  createCapability: {
    verb: 'POST',
    path: '/api/capabilities',
    params: ['...capability'],
    names,
    servers: '2.10',
  } as Method<(capability: CapabilityInput) => Promise<CapabilityFound>>,
  /** Gets one capability. */
  getCapability: {
    verb: 'GET',
    path: '/api/capabilities/{capability_id}',
    params: ['capability_id'],
    servers: '2.10',
  } as Method<(capabilityId: string) => Promise<CapabilityFound>>,
  /** Changes a capability. */
  updateCapability: {
    verb: 'PATCH',
    path: '/api/capabilities/{capability_id}',
    params: ['capability_id', '...patch'],
    names,
    isRepeatable: true,
    servers: '2.10',
  } as Method<(capabilityId: string, patch: CapabilityPatch) => Promise<CapabilityFound>>,
}
