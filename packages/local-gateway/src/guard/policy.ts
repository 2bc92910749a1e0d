import type { ActionKind, GuardVerdict, Risk } from '@pincer/protocol'

/** Which actions a policy is about; what is left out matches everything. */
export interface PolicyMatch {
  /** Name of the tool (or model), `*` standing for any text; without `kind` it speaks of tool calls only. */
  readonly tool?: string | undefined
  readonly kind?: ActionKind | undefined
  /** The least risk it is about, or the exact risks; an action that declares none counts as `medium`. */
  readonly risk?: Risk | readonly Risk[] | undefined
  /** Id of the agent, `*` standing for any text. */
  readonly agent?: string | undefined
}

/** How often an action may happen before a policy applies. */
export interface PolicyLimit {
  /** Actions let through per window; at most 10,000. */
  readonly count: number
  /** Length of the sliding window in milliseconds. */
  readonly perMs: number
  /** What is counted together: one agent's actions, one tool's calls, or all that match. */
  readonly scope: 'agent' | 'tool' | 'all'
}

/**
 * A rule of the guard.
 *
 * Among the policies that match an action those of the highest `priority` decide; among these the strictest
 * action wins: `block`, then `require_approval`, `warn`, `allow`. Where no policy matches, the action is allowed.
 * A policy with a `limit` matches only what exceeds it.
 *
 * @example
 * const policy: Policy = { id: 'ask-before-delete', match: { tool: '*.delete' }, action: 'require_approval' }
 */
export interface Policy {
  readonly id: string
  readonly description?: string | undefined
  readonly match: PolicyMatch
  readonly action: GuardVerdict
  /** Told to the agent, and to the person who is asked. */
  readonly reason?: string | undefined
  /** With `require_approval`: how long the question stays open, in milliseconds; 10 minutes by default. */
  readonly approval?: { readonly expiresAfterMs: number } | undefined
  readonly limit?: PolicyLimit | undefined
  /** 0 by default; higher decides first. */
  readonly priority?: number | undefined
}
