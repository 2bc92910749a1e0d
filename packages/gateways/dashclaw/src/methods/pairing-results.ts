/** A request that an agent's public key be taken for its own. */
export interface Pairing {
  readonly id: string
  readonly agent_id: string
  readonly agent_name?: string | null
  readonly algorithm: string
  readonly status: 'pending' | 'approved' | 'expired'
  /** ISO 8601. */
  readonly created_at: string
  /** ISO 8601; a quarter of an hour after it was created. */
  readonly expires_at: string
}

/** What may be told of a pairing beside the key. */
export interface PairingDetails {
  /** `RSASSA-PKCS1-v1_5` where it is absent. */
  readonly algorithm?: string
  /** The client's own where it is absent. */
  readonly agent_name?: string
  /** The same as `agent_name`. */
  readonly agentName?: string
}

/** A pairing that was asked for. */
export interface PairingCreated {
  readonly pairing: Pairing
  /** Where a person approves it. */
  readonly pairing_url: string
}

/** One pairing. */
export interface PairingFound {
  readonly pairing: Pairing
}

/** Pairings, newest first. */
export interface PairingList {
  readonly pairings: readonly Pairing[]
}

/** An agent's public key, as the server checks signatures by it. */
export interface Identity {
  readonly agent_id: string
  readonly algorithm: string
  readonly public_key?: string
  /** ISO 8601. */
  readonly created_at: string
  /** ISO 8601. */
  readonly updated_at: string
}

/** An identity that was registered, or replaced. */
export interface IdentityRegistered {
  readonly identity: Identity
}

/** The identities of the organization. */
export interface IdentityList {
  readonly identities: readonly Identity[]
}
