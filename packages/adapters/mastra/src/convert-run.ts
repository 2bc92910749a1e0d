import type { RunOptions } from '@pincer/core'
import type { ErrorInfo } from '@pincer/protocol'

import { convertFailure, type Part, textOf } from './convert-part.ts'
import type { PincerExporterOptions } from './exporter-options.ts'

type Writable<Options> = { -readonly [Key in keyof Options]: Options[Key] }

/** How a run ended, or that it waits. */
export type RunEnd =
  | { readonly status: 'completed'; readonly output: unknown; readonly stopReason: string | undefined }
  | { readonly status: 'failed'; readonly error: ErrorInfo }
  | { readonly status: 'cancelled' }
  | { readonly status: 'suspended'; readonly waitsFor: Question }

/** What a suspended run waits for. */
export interface Question {
  /** Name of the tool or of the step. */
  readonly name: string
  readonly toolCallId: string | undefined
  /** Mastra's own word, such as `tool-call-approval`. */
  readonly reason: string
}

/** Converts the start of an agent, a workflow or one of its steps. */
export function convertRunStart(part: Part, options: PincerExporterOptions): RunOptions {
  const { traceId, id, type, mastraRunId, told } = part
  const { name, entityId, entityName, input, attributes, metadata, tags } = told as any
  const run: Writable<RunOptions> = {
    name: (type === 'agent_run' && textOf(entityName)) || textOf(entityId) || name,
  }
  if (options.recordInputs !== false) run.input = input
  if (type === 'agent_run' && textOf(entityId) !== undefined) run.agentId = entityId
  const sessionKey = textOf(attributes?.conversationId) ?? textOf(metadata?.threadId)
  if (sessionKey !== undefined) run.sessionKey = sessionKey
  const { runId: _runId, ...ownMetadata } = metadata ?? {}
  run.metadata = {
    ...options.metadata,
    ...ownMetadata,
    operation: type,
    traceId,
    spanId: id,
    ...(mastraRunId !== undefined && { mastraRunId }),
    ...(Array.isArray(tags) && tags.length > 0 && { tags }),
  }
  return run
}

/** Converts how an agent, a workflow or one of its steps ended. */
export function convertRunEnd(part: Part, finishReason: string | undefined): RunEnd {
  const { output, attributes, entityId, name } = part.told as any
  const error = convertFailure(part)
  const status = interruption(output) ?? attributes?.status
  switch (status) {
    case 'aborted':
    case 'canceled':
    case 'cancelled':
      return { status: 'cancelled' }
    case 'suspended':
    case 'paused':
    case 'waiting': {
      const { toolName, toolCallId, reason } = output ?? {}
      const asked = textOf(toolName) ?? textOf(entityId) ?? name
      return {
        status: 'suspended',
        waitsFor: { name: asked, toolCallId: textOf(toolCallId), reason: textOf(reason) ?? 'suspended' },
      }
    }
    case 'failed':
      return { status: 'failed', error: error ?? { message: `${textOf(entityId) ?? name} failed` } }
    default:
      if (error?.name === 'AbortError') return { status: 'cancelled' }
      if (error !== undefined) return { status: 'failed', error }
      if (finishReason === 'aborted') return { status: 'cancelled' }
      return {
        status: 'completed',
        output: convertOutput(part.type, output),
        stopReason: output?.tripwire || status === 'tripwire' ? 'tripwire' : stopReasonOf(finishReason),
      }
  }
}

/** Converts what a suspended run is gone on with: whether a person said no. */
export function convertAnswer({ told }: Part): 'approved' | 'denied' {
  const { input } = told as any
  return input?.approved === false ? 'denied' : 'approved'
}

function interruption(output: any): string | undefined {
  return output?.status === 'aborted' ||
    (output?.status === 'suspended' && textOf(output.reason) !== undefined)
    ? output.status
    : undefined
}

// An agent's answer is a text, an object or both, with empty lists around it.
function convertOutput(type: string, output: any): unknown {
  if (type !== 'agent_run') return output
  return output?.object ?? output?.text ?? output
}

function stopReasonOf(finishReason: string | undefined): string | undefined {
  return finishReason?.replaceAll('-', '_')
}
