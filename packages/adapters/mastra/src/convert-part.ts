import type { ErrorInfo } from '@pincer/protocol'

/** What a part of a Mastra trace is recorded as; `undefined` where only what is in it is recorded. */
export type PartKind = 'run' | 'model' | 'tool' | 'embedding' | 'retrieval' | undefined

/** A part of a Mastra trace: an agent's run, a step of a model, a tool call and so on. */
export interface Part {
  readonly id: string
  readonly parentId: string | undefined
  /** Mastra's own word, such as `agent_run`. */
  readonly type: string
  readonly traceId: string
  /** Mastra's id of the run that the part belongs to. */
  readonly mastraRunId: string | undefined
  /** Mastra's id of the agent, the workflow, the step or the tool. */
  readonly entityId: string | undefined
  /** True in what goes on after it was suspended. */
  readonly isResumed: boolean
  /** Epoch milliseconds. */
  readonly startedAt: number
  /** Epoch milliseconds; absent at the start. */
  readonly endedAt: number | undefined
  /** What Mastra tells, in its own shape; only convert-*.ts read it. */
  readonly told: unknown
}

const runTypes = new Set(['agent_run', 'workflow_run', 'workflow_step', 'scorer_run', 'rag_ingestion'])
const toolTypes = new Set(['tool_call', 'mcp_tool_call', 'client_tool_call', 'provider_tool_call'])
const modelTypes = ['model_inference', 'model_step', 'model_generation']

/** Converts what an exporter is handed. */
export function convertPart(told: any): Part {
  const { id, parentSpanId, type, traceId, metadata, startTime, endTime } = told
  return {
    id,
    parentId: textOf(parentSpanId),
    type,
    traceId,
    mastraRunId: textOf(metadata?.runId),
    entityId: textOf(told.entityId),
    isResumed: metadata?.resumed === true,
    startedAt: timeOf(startTime) ?? 0,
    endedAt: timeOf(endTime),
    told,
  }
}

/**
 * What a part is recorded as.
 *
 * @param leaf the type whose parts are single requests to a model, which is where usage is counted
 */
export function convertKind({ type, told }: Part, leaf: string): PartKind {
  if (runTypes.has(type)) return 'run'
  if (type === leaf) return 'model'
  if (toolTypes.has(type)) return 'tool'
  if (type === 'rag_embedding') return 'embedding'
  return isRetrieval(type, (told as any).attributes) ? 'retrieval' : undefined
}

/**
 * The type whose parts are single requests to a model: the innermost that this Mastra has and that is not kept back.
 *
 * @param known the types that this Mastra has
 */
export function convertLeaf(known: object, config: any): string {
  const types = new Set<unknown>(Object.values(known))
  const excluded = new Set<unknown>(config?.excludeSpanTypes)
  return modelTypes.find((type) => types.has(type) && !excluded.has(type)) ?? 'model_inference'
}

/** Converts what went wrong; `undefined` where nothing did. */
export function convertFailure({ told }: Part): ErrorInfo | undefined {
  const { errorInfo } = told as any
  if (typeof errorInfo !== 'object' || errorInfo === null) return undefined
  const { message, name, id, details } = errorInfo
  const status = details?.statusCode ?? details?.status
  return {
    message: textOf(message) ?? 'failed',
    ...(textOf(name) !== undefined && { name }),
    ...(textOf(id) !== undefined && { code: id }),
    ...(typeof status === 'number' && { status }),
  }
}

/** What Mastra used for itself in this part, where it does not show it otherwise. */
export function convertInternalUsage({ told }: Part): unknown {
  return (told as any).attributes?.internalUsage
}

/** A text that says something. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function isRetrieval(type: string, attributes: any): boolean {
  switch (type) {
    case 'rag_vector_operation':
      return attributes?.operation === 'query' || attributes?.operation === 'fetch'
    case 'memory_operation':
      return attributes?.operationType === 'recall'
    case 'rag_action':
      return attributes?.action === 'rerank'
    case 'graph_action':
      return attributes?.action === 'traverse'
    case 'workspace_action':
      return attributes?.category === 'search'
    default:
      return false
  }
}

function timeOf(time: any): number | undefined {
  const at = time instanceof Date ? time.getTime() : Date.parse(time)
  return Number.isFinite(at) ? at : undefined
}
