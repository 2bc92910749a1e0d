import type { Deleted, Flag, Known } from './answer-parts.ts'

/** What a test of policies came to. */
interface PolicyTestSummary {
  readonly total_policies: number
  readonly total_tests: number
  /** Tests that passed. */
  readonly passed: number
  readonly failed: number
  readonly success: boolean
  readonly details: readonly PolicyTested[]
}

/** One policy and its tests. */
interface PolicyTested {
  /** The same as `policy_name`. */
  readonly policy: string
  /** Whether all its tests passed. */
  readonly passed: boolean
  /** Why the first of them that failed did; null where none did. */
  readonly reason: string | null
  readonly policy_id: string
  readonly policy_name: string
  readonly tests: readonly {
    readonly name: string
    readonly passed: boolean
    readonly expected: unknown
    readonly actual: unknown
    readonly reason: string | null
  }[]
}

/** What a test of the active policies came to. */
export interface PolicyTestReport {
  /** Tests that passed. */
  readonly passed: number
  readonly failed: number
  /** Tests. */
  readonly total: number
  readonly success: boolean
  /** The policies, as the document says, with the summary that the server has under this name. */
  readonly results: readonly PolicyTested[] & PolicyTestSummary
  /** ISO 8601. */
  readonly generated_at: string
}

/** What is imported: a pack of the platform, or YAML with a list of `policies`. */
export type PolicyImport =
  | {
      readonly pack: Known<'enterprise-strict' | 'smb-safe' | 'startup-growth' | 'development'>
      readonly yaml?: never
    }
  | { readonly yaml: string; readonly pack?: never }

/** What an import came to; a policy whose name is taken is skipped. */
export interface PoliciesImported {
  readonly imported: number
  readonly skipped: number
  readonly errors: readonly unknown[]
  readonly policies: readonly Partial<PolicyRow>[]
}

/** How a policy decides; its rules depend on it. */
export type PolicyType = Known<
  | 'risk_threshold'
  | 'require_approval'
  | 'block_action_type'
  | 'rate_limit'
  | 'webhook_check'
  | 'behavioral_anomaly'
  | 'semantic_check'
  | 'permission_escalation'
  | 'green_contract'
  | 'branch_freshness'
>

/** The rules of a policy, such as `{ threshold: 80, action: 'block' }` of a `risk_threshold`; or JSON of them. */
export type PolicyRules = Readonly<Record<string, unknown>> | string

/** What may be told of a policy beside its rules. */
export interface PolicyDetails {
  /** True where it is absent. */
  readonly active?: Flag
  /** The agents it is for, or JSON of them; every agent where it is absent or null. Not for servers of 2.0.x. */
  readonly agent_ids?: readonly string[] | string | null
}

/** What can be changed of a policy. */
export interface PolicyUpdate extends PolicyDetails {
  readonly name?: string
  readonly policy_type?: PolicyType
  readonly rules?: PolicyRules
}

/** A policy as the server keeps it. */
interface PolicyRow {
  /** `gp_…`. */
  readonly id: string
  readonly name: string
  readonly policy_type: PolicyType
  /** JSON. */
  readonly rules: string
  readonly active: Flag
  /** JSON of the agents it is for; null for every agent. */
  readonly agent_ids?: string | null
  /** ISO 8601. */
  readonly created_at?: string
  /** ISO 8601. */
  readonly updated_at?: string
}

/** Policies, newest first. */
export interface PolicyList {
  readonly policies: readonly PolicyRow[]
}

/** A policy that was created. */
export interface PolicyCreated {
  readonly policy: PolicyRow
  readonly policy_id: string
}

/** One policy. */
export interface PolicyFound {
  readonly policy: PolicyRow
}

/** A policy that was deleted. */
export interface PolicyDeleted extends Deleted {
  readonly id: string
}
