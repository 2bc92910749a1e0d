import type { RunOptions } from '@pincer/core'

import type { PincerTelemetryOptions } from './telemetry-options.ts'

type Writable<Options> = { -readonly [Key in keyof Options]: Options[Key] }

/** Which hooks tell of the models of an operation; `whole` has none of its own. */
export type OperationKind = 'text' | 'object' | 'embed' | 'rerank' | 'whole'

const kinds: Readonly<Record<string, OperationKind>> = {
  generateText: 'text',
  streamText: 'text',
  generateObject: 'object',
  streamObject: 'object',
  embed: 'embed',
  embedMany: 'embed',
  rerank: 'rerank',
}

/** The name of an operation, such as `generateText`. */
export function convertOperationName(start: any): string {
  return String(start?.operationId ?? 'ai').replace(/^ai\./, '')
}

/** Which hooks tell of the models of an operation. */
export function convertKind(name: string): OperationKind {
  return (Object.hasOwn(kinds, name) && kinds[name]) || 'whole'
}

/** Converts the start of an operation to the start of a run; `about` joins its metadata. */
export function convertRun(
  start: any,
  options: PincerTelemetryOptions,
  sessionKey: string | undefined,
  recordsInputs: boolean,
  about: Readonly<Record<string, unknown>> | undefined,
): RunOptions {
  const name = convertOperationName(start)
  const run: Writable<RunOptions> = { name: options.name ?? textOf(start.functionId) ?? name }
  if (recordsInputs) run.input = convertInput(start)
  if (options.agentId !== undefined) run.agentId = options.agentId
  if (sessionKey !== undefined) run.sessionKey = sessionKey
  const context = start.runtimeContext
  run.metadata = {
    ...options.metadata,
    operation: name,
    ...(Object.keys(context ?? {}).length > 0 && { runtimeContext: context }),
    ...about,
  }
  return run
}

/** Converts what an operation came to; `undefined` where it is no text and no object. */
export function convertRunOutput(end: any, kind: OperationKind): unknown {
  if (kind === 'text') return textOf(end.text)
  if (kind === 'object') return end.object
  return kind === 'whole' ? textOf(end.text) : undefined
}

/** Converts why the AI SDK stopped to our words, such as `tool_calls`. */
export function convertStopReason(end: any): string | undefined {
  return textOf(end.finishReason)?.replaceAll('-', '_')
}

/** Converts what an operation is asked: messages, after its instructions; texts; or a question about documents. */
function convertInput({
  messages,
  instructions,
  system,
  prompt,
  value,
  text,
  query,
  documents,
}: any): unknown {
  const about = instructions ?? system
  if (Array.isArray(messages) && messages.length > 0) return withInstructions(about, messages)
  if (query !== undefined) return { query, documents }
  const asked = prompt ?? value ?? text
  return about === undefined || asked === undefined ? asked : withInstructions(about, [asked].flat())
}

/** Puts instructions, which may be a text, a message or several, before messages. */
export function withInstructions(instructions: any, messages: any): any {
  if (instructions === undefined) return messages
  const first = typeof instructions === 'string' ? { role: 'system', content: instructions } : instructions
  return [first].flat().concat(messages)
}

/** The conversation of an operation: as chosen for it, as its call says, or that of all. */
export function convertSession(start: any, ofAll: unknown, chosen: string | undefined): string | undefined {
  return (
    chosen ??
    textOf(start.runtimeContext?.sessionKey) ??
    textOf(start.providerOptions?.pincer?.sessionKey) ??
    textOf(ofAll)
  )
}

/** A text that says something. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
