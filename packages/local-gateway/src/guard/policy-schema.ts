import { z } from '@hono/zod-openapi'
import type { Policy } from './policy.ts'

/** Every risk, from least to most dangerous. */
export const risks: readonly ['low', 'medium', 'high', 'critical'] = ['low', 'medium', 'high', 'critical']

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
