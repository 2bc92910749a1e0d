import { z } from '@hono/zod-openapi'

/** An id or a name from the wire. */
export const nameText: z.ZodType<string> = z.string().min(1).max(512)

/** Any JSON value; how deep it is was checked when the body was read. */
export const jsonValue: z.ZodAny = z.any().openapi({ description: 'Any JSON value' })

/** How dangerous an action is. */
export const riskSchema: z.ZodType<'low' | 'medium' | 'high' | 'critical'> = z.enum([
  'low',
  'medium',
  'high',
  'critical',
])

/** How long a request may be held open, in milliseconds; 30,000 where it does not say. */
export const waitTimeout: z.ZodType<number> = z.coerce
  .number()
  .int()
  .min(0)
  .max(60_000)
  .default(30_000)
  .openapi({
    type: 'integer',
    minimum: 0,
    maximum: 60_000,
    default: 30_000,
    description: 'Milliseconds until the answer is given as it stands',
  })

/** What was wrong with an action. */
export const errorInfoSchema: z.ZodType = z
  .object({
    message: z.string(),
    name: z.string().optional(),
    code: z.string().optional(),
    status: z.number().optional(),
    requestId: z.string().optional(),
  })
  .openapi('ErrorInfo')

/** An approval as it is answered. */
export const approvalSchema: z.ZodType = z
  .object({
    approvalId: z.string(),
    status: z.enum(['pending', 'approved', 'denied', 'expired', 'cancelled']),
    name: z.string(),
    requestedAt: z.number().openapi({ description: 'Epoch milliseconds' }),
    expiresAt: z.number().optional().openapi({ description: 'Epoch milliseconds' }),
    toolCallId: z.string().optional(),
    input: jsonValue.optional(),
    inputHash: z.string().optional(),
    reason: z.string().optional(),
    risk: riskSchema.optional(),
    runId: z.string().optional(),
    actionId: z.string().optional(),
    agentId: z.string().optional(),
    sessionKey: z.string().optional(),
    decidedAt: z.number().optional().openapi({ description: 'Epoch milliseconds' }),
    decidedBy: z.string().optional(),
    decisionReason: z.string().optional(),
    editedInput: jsonValue.optional(),
  })
  .openapi('Approval')

/** A tool as a caller describes it. */
export const toolDescriptionSchema: z.ZodType<{
  name: string
  description?: string | undefined
  inputSchema?: Record<string, unknown> | undefined
  risk?: 'low' | 'medium' | 'high' | 'critical' | undefined
  source?: string | undefined
}> = z
  .object({
    name: nameText,
    description: z.string().max(100_000).optional(),
    inputSchema: z
      .record(z.string(), z.any())
      .optional()
      .openapi({ description: 'JSON Schema of the arguments' }),
    risk: riskSchema.optional(),
    source: z.string().optional(),
  })
  .openapi('ToolDescription')

/** A message of a session. */
export const sessionMessageSchema: z.ZodType<{
  role: 'system' | 'user' | 'assistant' | 'tool'
  text?: string | undefined
  toolCalls?: { toolCallId: string; name: string; input?: unknown }[] | undefined
  toolCallId?: string | undefined
  output?: unknown
}> = z
  .object({
    role: z.enum(['system', 'user', 'assistant', 'tool']),
    text: z.string().optional(),
    toolCalls: z
      .array(z.object({ toolCallId: nameText, name: nameText, input: jsonValue }))
      .max(256)
      .optional(),
    toolCallId: nameText.optional(),
    output: jsonValue.optional(),
  })
  .openapi('SessionMessage')
