import type { Known } from './answer-parts.ts'

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
  | { readonly pack: Known<'enterprise-strict' | 'smb-safe' | 'startup-growth' | 'development'> }
  | { readonly yaml: string }

/** What an import came to; a policy whose name is taken is skipped. */
export interface PoliciesImported {
  readonly imported: number
  readonly skipped: number
  readonly errors: readonly unknown[]
  readonly policies: readonly Readonly<Record<string, unknown>>[]
}
