import type { Deleted, Flag, Known } from './answer-parts.ts'

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

/** The rules of a policy, such as `{ threshold: 80, action: 'block' }`; or JSON of them, as servers take it. */
export type PolicyRules = Readonly<Record<string, unknown>> | string

/** What may be told of a policy. */
export interface PolicyDetails {
  /** True where it is absent. */
  readonly active?: Flag
  /** The agents it holds for, all of them where it is null; or JSON of them. Not for servers of 2.0.x. */
  readonly agent_ids?: readonly string[] | string | null
}

/** What may change of a policy. */
export interface PolicyUpdate extends PolicyDetails {
  readonly name?: string
  readonly policy_type?: PolicyType
  readonly rules?: PolicyRules
}

/** A policy as the server keeps it. */
interface Policy {
  readonly id: string
  readonly name: string
  readonly policy_type: PolicyType
  /** JSON. */
  readonly rules: string
  readonly active: Flag
  /** JSON. */
  readonly agent_ids?: string | null
  /** ISO 8601. */
  readonly created_at?: string
}

/** Policies. */
export interface PolicyList {
  readonly policies: readonly Policy[]
}

/** A policy that was created. */
export interface PolicyCreated {
  readonly policy: Policy
  readonly policy_id: string
}

/** One policy. */
export interface PolicyFound {
  readonly policy: Policy
}

/** A policy that was deleted. */
export interface PolicyDeleted extends Deleted {
  readonly id: string
}

/** Policies to import: a pack that the server has, or YAML. */
export type PolicyImport =
  | {
      readonly pack: Known<'enterprise-strict' | 'smb-safe' | 'startup-growth' | 'development'>
      readonly yaml?: never
    }
  | { readonly yaml: string; readonly pack?: never }

/** Policies that were imported. */
export interface PoliciesImported {
  readonly imported: number
  readonly skipped: number | readonly unknown[]
  readonly errors: number | readonly unknown[]
  readonly policies: readonly Readonly<Record<string, unknown>>[]
}

/** How the tests of one policy went. */
interface TestedPolicy {
  /** Its name. */
  readonly policy: string
  /** Whether every test of it passed. */
  readonly passed: boolean
  /** Why its first failed test failed. */
  readonly reason: string | null
  readonly policy_id?: string
  readonly policy_name?: string
  readonly tests?: readonly {
    readonly name: string
    readonly passed: boolean
    readonly expected?: unknown
    readonly actual?: unknown
    readonly reason: string | null
  }[]
}

/** How the tests of every active policy went: a list, with the server's summary on it. */
export interface PolicyTestReport {
  /** Tests that passed. */
  readonly passed: number
  /** Tests that failed. */
  readonly failed: number
  /** Every test. */
  readonly total: number
  /** Whether none failed. */
  readonly success: boolean
  readonly results: readonly TestedPolicy[] & {
    readonly total_policies: number
    readonly total_tests: number
    readonly passed: number
    readonly failed: number
    readonly success: boolean
    readonly details: readonly TestedPolicy[]
  }
  /** ISO 8601. */
  readonly generated_at: string
}
