import type { ModelCallOptions, ModelCallResult } from '@pincer/core'
import type { CompletedOutcome, ModelOperation } from '@pincer/protocol'

import { convertCallUsage } from './convert-call-usage.ts'
import { textOf, withInstructions } from './convert-operation.ts'

/** What the caller of an operation wants recorded. */
export interface Recorded {
  readonly inputs: boolean
  readonly outputs: boolean
  /** True where the AI SDK shows no messages. */
  readonly hidesMessages: boolean
  /** True where errors are not to be told, since they may repeat what is not to be recorded. */
  readonly hidesErrors: boolean
}

type Writable<Options> = { -readonly [Key in keyof Options]: Options[Key] }

const settings = [
  'maxOutputTokens',
  'temperature',
  'topP',
  'topK',
  'presencePenalty',
  'frequencyPenalty',
  'stopSequences',
  'seed',
  'reasoning',
  'dimensions',
]
const outcomes: ReadonlyMap<unknown, CompletedOutcome> = new Map([
  ['length', 'length'],
  ['content-filter', 'content_filter'],
])
const operations: ReadonlyMap<string, ModelOperation> = new Map([
  ['generateSpeech', 'speech'],
  ['transcribe', 'transcription'],
])

/** Converts the start of a call of a language model. */
export function convertModelStart(start: any, isStream: boolean, recordsInputs: boolean): ModelCallOptions {
  const call: Writable<ModelCallOptions> = { provider: convertProvider(start), model: start.modelId }
  if (recordsInputs) call.input = withInstructions(start.instructions, start.messages ?? start.promptMessages)
  const parameters = convertParameters(start)
  if (parameters !== undefined) call.parameters = parameters
  if (isStream) call.stream = true
  return call
}

/** Converts what a language model answered, as the end of its call tells. */
export function convertModelEnd(
  end: any,
  provider: string,
  model: string,
  recorded: Recorded,
): ModelCallResult {
  const result: Writable<ModelCallResult> = {
    usage: convertCallUsage(end.usage, provider, textOf(end.modelId) ?? model),
    finishReason: textOf(end.finishReason),
    // The AI SDK makes ids that start so where the provider gives none.
    responseId: /^ai(?:txt|obj)-/.test(end.responseId) ? undefined : textOf(end.responseId),
  }
  if (recorded.outputs) result.output = convertContent(end.content, recorded.inputs)
  return result
}

/** Converts what a language model answered to a request for an object. */
export function convertObjectEnd(end: any, recorded: Recorded): ModelCallResult {
  const { response, objectText, modelId } = end
  const answer = { ...end, modelId: response?.modelId, responseId: response?.id, content: objectText }
  return convertModelEnd(answer, convertProvider(end), modelId, recorded)
}

/** How a model call ended that did not fail, as the AI SDK words it. */
export function convertOutcome(finishReason: unknown): CompletedOutcome {
  return outcomes.get(finishReason) ?? 'ok'
}

/** Converts the start of a call of an embedding model. */
export function convertEmbedStart(start: any, recordsInputs: boolean): ModelCallOptions {
  const call: Writable<ModelCallOptions> = {
    provider: convertProvider(start),
    model: start.modelId,
    operation: 'embedding',
  }
  if (recordsInputs) call.input = start.values
  const parameters = convertParameters(start)
  if (parameters !== undefined) call.parameters = parameters
  return call
}

/** Converts embeddings: how many and how long, never the vectors. */
export function convertEmbedEnd(end: any, recordsOutputs: boolean): ModelCallResult {
  const vectors = end.embeddings
  const usage = convertCallUsage(end.usage, convertProvider(end), end.modelId)
  const result: Writable<ModelCallResult> = { usage }
  if (recordsOutputs && Array.isArray(vectors))
    result.output = { count: vectors.length, dimensions: vectors[0]?.length }
  return result
}

/** Converts the start of an operation that tells of its model only by itself, such as speech. */
export function convertWholeStart(start: any, name: string, recordsInputs: boolean): ModelCallOptions {
  const { modelId, text, audio, state } = start
  const call: Writable<ModelCallOptions> = { provider: convertProvider(start), model: modelId }
  const operation = operations.get(name)
  if (operation !== undefined) call.operation = operation
  if (recordsInputs) call.input = text ?? audio ?? state
  return call
}

/** Converts the end of such an operation. */
export function convertWholeEnd(end: any, recordsOutputs: boolean): ModelCallResult {
  const { usage, modelId, operationId, text, audio, answers } = end
  const result: Writable<ModelCallResult> = { usage: convertCallUsage(usage, convertProvider(end), modelId) }
  // What speech was made of is its input.
  const said = operationId === 'ai.generateSpeech' ? undefined : text
  if (recordsOutputs) result.output = said ?? audio ?? answers
  return result
}

/** Converts a ranking: the documents in their new order, with their scores. */
export function convertRanking({ ranking }: any, documents: any): unknown {
  if (!Array.isArray(ranking)) return undefined
  return ranking.map(({ index, relevanceScore }) => ({
    index,
    score: relevanceScore,
    document: documents?.[index],
  }))
}

/** The run that a gateway was asked to put its own under, as our own provider does. */
export function convertParentRun(request: any): string | undefined {
  return textOf(request?.body?.parentRunId)
}

/** The run on a gateway that made the answer, as our own provider tells. */
export function convertGatewayRun(metadata: any): string | undefined {
  return textOf(metadata?.pincer?.runId)
}

// The AI SDK adds the kind of the model, as in `openai.chat`.
function convertProvider({ provider }: any): any {
  return typeof provider === 'string' ? provider.split('.', 1)[0] : provider
}

function convertParameters(start: any): Record<string, unknown> | undefined {
  let parameters: Record<string, unknown> | undefined
  for (const name of settings) if (start[name] !== undefined) (parameters ??= {})[name] = start[name]
  if (start.tools?.length > 0) (parameters ??= {})['tools'] = start.tools.map(({ name }: any) => name)
  return parameters
}

// One text stands for itself; of files only what they are, never the bytes.
function convertContent(content: any, recordsInputs: boolean): unknown {
  if (!Array.isArray(content)) return content
  if (content.length === 1 && content[0]?.type === 'text') return content[0].text
  return content.map((part) => {
    const { file, toolCall, input: _input, ...rest } = part ?? {}
    if (file !== undefined) return { ...rest, mediaType: file.mediaType }
    if (toolCall !== undefined) return { ...rest, toolCallId: toolCall.toolCallId }
    return recordsInputs ? part : rest
  })
}
