import { z } from '@hono/zod-openapi'

const count = z.number().min(0)
const time = z.number().openapi({ description: 'Epoch milliseconds' })
const anyJson = z.any().openapi({ description: 'Any JSON value' })

/** Schema of usage, counted at model calls only. */
export const usageSchema: z.ZodType = z
  .object({
    provider: z.string(),
    model: z.string(),
    inputTokens: count,
    cacheReadTokens: count,
    cacheWriteTokens: count,
    outputTokens: count,
    reasoningTokens: count,
    totalTokens: count,
    costUsd: count.optional().openapi({ description: 'Absent, not zero, where no price is known' }),
    details: z.record(z.string(), z.number()).optional(),
  })
  .openapi('Usage')

const errorInfo = z
  .object({
    message: z.string(),
    name: z.string().optional(),
    code: z.string().optional(),
    status: z.number().optional(),
    requestId: z.string().optional(),
  })
  .openapi('ErrorInfo')

const summary = z.object({
  runId: z.string(),
  status: z.enum(['queued', 'running', 'paused', 'completed', 'failed', 'cancelled', 'timed_out']),
  name: z.string().optional(),
  parentRunId: z.string().optional(),
  parentActionId: z.string().optional(),
  agentId: z.string().optional(),
  sessionKey: z.string().optional(),
  startedAt: time,
  endedAt: time.optional(),
  durationMs: count.optional(),
  usage: usageSchema,
  actionCount: count,
  error: errorInfo.optional(),
})

/** Schema of a run in a list. */
export const runSummarySchema: z.ZodType = summary.openapi('RunSummary')

const action = z
  .object({
    actionId: z.string(),
    kind: z.enum(['model_call', 'tool_call', 'retrieval']),
    name: z.string(),
    parentActionId: z.string().optional(),
    toolCallId: z.string().optional(),
    outcome: z.string().openapi({ description: '`running` while open' }),
    startedAt: time,
    endedAt: time.optional(),
    durationMs: count.optional(),
    firstTokenMs: count.optional(),
    input: anyJson.optional(),
    output: anyJson.optional(),
    error: errorInfo.optional(),
    usage: usageSchema.optional(),
    cost: z
      .object({
        usd: count,
        source: z
          .string()
          .openapi({ description: '`reported`, `config`, or the price table and its version' }),
        date: z.string().openapi({ description: 'The UTC day whose prices were used' }),
      })
      .optional(),
  })
  .openapi('Action')

/** Schema of a run with its actions and child runs. */
export const runTreeSchema: z.ZodType = summary
  .extend({
    input: anyJson.optional(),
    output: anyJson.optional(),
    metadata: z.record(z.string(), z.any()).optional(),
    actions: z.array(action),
    children: z.array(z.any()).openapi({ description: 'The runs started inside this one, each a RunTree' }),
    totalUsage: usageSchema,
  })
  .openapi('RunTree')
