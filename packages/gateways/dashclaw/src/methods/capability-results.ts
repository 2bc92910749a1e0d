/** How much harm a capability can do. */
type CapabilityRisk = 'low' | 'medium' | 'high' | 'critical'

/** What may be told of a capability, and changed later. */
export interface CapabilityPatch {
  readonly name?: string
  /** Unique in the organization; made of the name where it is absent. */
  readonly slug?: string
  readonly description?: string
  /** Such as `messaging`. */
  readonly category?: string
  readonly source_type?: 'internal_sdk' | 'http_api' | 'webhook' | 'human_approval' | 'external_marketplace'
  /** Such as `oauth`. */
  readonly auth_type?: string
  readonly risk_level?: CapabilityRisk
  /** The same as `risk_level`. */
  readonly riskLevel?: CapabilityRisk
  readonly requires_approval?: boolean
  readonly tags?: readonly string[]
  readonly pricing?: Readonly<Record<string, unknown>>
  /** Such as `healthy`. */
  readonly health_status?: string
  readonly docs_url?: string
  readonly invocation_schema?: Readonly<Record<string, unknown>>
}

/** A capability to register. */
export interface CapabilityInput extends CapabilityPatch {
  readonly name: string
}

/** A capability as the server keeps it. */
interface Capability {
  readonly capability_id: string
  readonly org_id?: string
  readonly name: string
  readonly slug: string
  readonly description: string | null
  readonly category: string | null
  readonly source_type: string
  readonly auth_type: string | null
  readonly risk_level: CapabilityRisk
  readonly requires_approval: boolean
  readonly tags: readonly string[]
  readonly pricing: Readonly<Record<string, unknown>> | null
  readonly health_status: string | null
  readonly docs_url: string | null
  readonly invocation_schema: Readonly<Record<string, unknown>> | null
  /** ISO 8601. */
  readonly created_at: string
  /** ISO 8601. */
  readonly updated_at: string
}

/** One capability. */
export interface CapabilityFound {
  readonly capability: Capability
}

/** What capabilities can be found by; everything that is given must hold. */
export interface CapabilityQuery {
  readonly category?: string
  readonly risk_level?: CapabilityRisk
  /** The same as `risk_level`. */
  readonly riskLevel?: CapabilityRisk
  readonly search?: string
  /** 100 where it is absent, 500 at most. */
  readonly limit?: number
  readonly offset?: number
}

/** Capabilities. */
export interface CapabilityList {
  readonly capabilities: readonly Capability[]
}
