import type { Policy } from './policy.ts'

/** Where a policy comes from; a policy of the API stands above one of the same id from the file, and this above one of the options. */
type PolicySource = 'api' | 'file' | 'options'

/** A policy with where it comes from. */
export interface KeptPolicy extends Policy {
  readonly source: PolicySource
}

/** The policies of a gateway, for whoever runs it. */
export interface PolicyBook {
  /** All policies in the order in which they decide. */
  list(): readonly KeptPolicy[]
  get(id: string): KeptPolicy | undefined
  /**
   * Keeps a policy in the database, and reads the policy file anew.
   *
   * @throws GatewayError `too_many_policies`; PincerError where the file is not valid any more, then nothing changes.
   */
  put(policy: Policy): KeptPolicy
  /**
   * Deletes a policy of the API, and reads the policy file anew; one of the same id from file or options speaks again.
   *
   * @throws GatewayError `policy_from_configuration` where the policy stands in the file or the options only.
   */
  delete(id: string): boolean
}
