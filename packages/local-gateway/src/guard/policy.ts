import { z } from '@hono/zod-openapi'
import type { ActionKind, GuardVerdict, Risk } from '@pincer/protocol'

/** Every risk, from least to most dangerous. */
export const risks: readonly ['low', 'medium', 'high', 'critical'] = ['low', 'medium', 'high', 'critical']

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

const day = 86_400_000
const pattern = z.string().min(1).max(200)
const risk = z.enum(risks)

/** What an id of a policy looks like. */
export const policyId: z.ZodType<string> = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'letters, digits, dot, dash and underscore, at most 100')

const rule = {
  description: z.string().max(1000).optional(),
  match: z.strictObject({
    tool: pattern.optional(),
    kind: z.enum(['model_call', 'tool_call', 'retrieval']).optional(),
    risk: z.union([risk, z.array(risk).min(1).max(4)]).optional(),
    agent: pattern.optional(),
  }),
  action: z.enum(['allow', 'warn', 'block', 'require_approval']),
  reason: z.string().max(1000).optional(),
  approval: z
    .strictObject({
      expiresAfterMs: z
        .int()
        .min(1)
        .max(7 * day),
    })
    .optional(),
  limit: z
    .strictObject({
      count: z.int().min(0).max(10_000),
      perMs: z
        .int()
        .min(1)
        .max(31 * day),
      scope: z.enum(['agent', 'tool', 'all']),
    })
    .optional(),
  priority: z.int().min(-1_000_000).max(1_000_000).optional(),
}

/** Checks a policy from a file or from the wire; fields that it does not know are refused, so that a typing error never weakens a rule. */
export const policySchema: z.ZodType<Policy> = z.strictObject({ id: policyId, ...rule }).openapi('Policy')

/** Checks a policy whose id stands elsewhere, such as in the path of a request. */
export const policyRuleSchema: z.ZodType<Omit<Policy, 'id'> & { readonly id?: string | undefined }> = z
  .strictObject({ id: policyId.optional(), ...rule })
  .openapi('PolicyRule')

/** A policy as the gateway answers it. */
export const keptPolicySchema: z.ZodType = z
  .strictObject({ id: policyId, ...rule, source: z.enum(['api', 'file', 'options']) })
  .openapi('KeptPolicy')
