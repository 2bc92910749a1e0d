import type { ModelCallOptions, ModelCallResult } from '@pincer/core'
import type { CompletedOutcome, Usage } from '@pincer/protocol'

import { type Part, textOf } from './convert-part.ts'

type Writable<Options> = { -readonly [Key in keyof Options]: Options[Key] }

const outcomes: ReadonlyMap<unknown, CompletedOutcome> = new Map([
  ['length', 'length'],
  ['content-filter', 'content_filter'],
])

/** How a request to a model ended; `unknown` where Mastra tells no result, as after an abort and before a question. */
export type ModelEnd = 'answered' | 'failed' | 'unknown'

/** Converts the start of a request to a model; what a step does not tell of its model, its generation does. */
export function convertModelStart({ told }: Part, generation: Part | undefined): ModelCallOptions {
  const attributes = attributesOf(told)
  const above = attributesOf(generation?.told)
  const call: Writable<ModelCallOptions> = {
    provider: convertProvider(attributes.provider ?? above.provider),
    model: textOf(attributes.model) ?? above.model,
  }
  const {
    maxRetries: _maxRetries,
    headers: _headers,
    abortSignal: _signal,
    ...settings
  } = {
    ...above.parameters,
    ...attributes.parameters,
  }
  const { availableTools, toolChoice, responseFormat } = attributes
  const parameters = {
    ...settings,
    ...(availableTools?.length > 0 && { tools: availableTools }),
    ...(toolChoice !== undefined && toolChoice !== 'auto' && { toolChoice }),
    ...(responseFormat !== undefined && responseFormat !== 'text' && { responseFormat }),
  }
  if (Object.keys(parameters).length > 0) call.parameters = parameters
  if ((attributes.streaming ?? above.streaming) === true) call.stream = true
  return call
}

/** The messages that a generation begins with. */
export function convertMessages({ told }: Part): unknown {
  const { input } = told as any
  return Array.isArray(input?.messages) ? input.messages.map(convertMessage) : input
}

/** True for the answer that Mastra tells again, once a run goes on which was suspended right after it. */
export function convertIsRetold({ isResumed, told }: Part): boolean {
  const { stepIndex = 0, availableTools, parameters } = attributesOf(told)
  return isResumed && stepIndex === 0 && availableTools === undefined && parameters === undefined
}

/** The tools that a request offers; `undefined` where Mastra does not tell. */
export function convertOffered({ told }: Part): readonly string[] | undefined {
  const { availableTools } = attributesOf(told)
  return Array.isArray(availableTools) ? availableTools : undefined
}

/** How a request ended. */
export function convertModelOutcome({ told }: Part): ModelEnd {
  const { output, errorInfo } = told as any
  const { finishReason } = attributesOf(told)
  if (errorInfo !== undefined || finishReason === 'error') return 'failed'
  return finishReason === undefined && output === undefined ? 'unknown' : 'answered'
}

/** Converts what a model answered. */
export function convertModelEnd(
  { told }: Part,
  { provider, model }: ModelCallOptions,
  isOwnUsage: boolean,
): ModelCallResult & { readonly outcome: CompletedOutcome } {
  const { output } = told as any
  const attributes = attributesOf(told)
  const { finishReason, responseId, responseModel } = attributes
  return {
    output: convertAnswer(output),
    usage: isOwnUsage ? convertUsage(attributes.usage, provider, textOf(responseModel) ?? model) : undefined,
    finishReason: textOf(finishReason),
    responseId: textOf(responseId),
    outcome: outcomes.get(finishReason) ?? 'ok',
  }
}

/** True where a part tells what was used. */
export function convertTellsUsage({ told }: Part): boolean {
  return convertUsage(attributesOf(told).usage, '', '') !== undefined
}

/** Why a generation ended, such as `stop`, `suspended` or `aborted`. */
export function convertFinishReason({ told }: Part): string | undefined {
  return textOf(attributesOf(told).finishReason)
}

/** Converts the start of a call of an embedding model. */
export function convertEmbedStart({ told }: Part): ModelCallOptions {
  const { input } = told as any
  const { provider, model } = attributesOf(told)
  return { provider: convertProvider(provider), model, operation: 'embedding', input }
}

/** Converts embeddings: how many and how long, never the vectors. */
export function convertEmbedEnd({ told }: Part): ModelCallResult {
  const { output } = told as any
  const { provider, model, inputCount, dimensions, usage } = attributesOf(told)
  const { count = inputCount, ...more } = Array.isArray(output) ? {} : (output ?? {})
  return {
    output: { count, dimensions: more.dimensions ?? more.dims ?? dimensions },
    usage: convertUsage(usage, convertProvider(provider), model),
  }
}

/** Converts the usage that Mastra tells of one request; its totals contain their details, as ours do. */
export function convertUsage(usage: any, provider: string, model: string): Usage | undefined {
  const { inputTokens, outputTokens, inputDetails, outputDetails } = usage ?? {}
  // A provider that tells nothing is not one that used nothing.
  if (inputTokens === undefined && outputTokens === undefined) return undefined
  const input = count(inputTokens)
  const output = count(outputTokens)
  const details = {
    ...(count(inputDetails?.audio) > 0 && { audioInputTokens: count(inputDetails.audio) }),
    ...(count(outputDetails?.audio) > 0 && { audioOutputTokens: count(outputDetails.audio) }),
  }
  return {
    provider,
    model,
    inputTokens: input,
    cacheReadTokens: count(inputDetails?.cacheRead),
    cacheWriteTokens: count(inputDetails?.cacheWrite),
    outputTokens: output,
    reasoningTokens: count(outputDetails?.reasoning),
    totalTokens: input + output,
    ...(Object.keys(details).length > 0 && { details }),
  }
}

function attributesOf(told: any): any {
  return told?.attributes ?? {}
}

// Providers of the AI SDK add the kind of the model, as in `openai.chat`.
function convertProvider(provider: any): any {
  return typeof provider === 'string' ? provider.split('.', 1)[0] : provider
}

function convertAnswer(output: any): any {
  if (typeof output !== 'object' || output === null) return output
  const { text, toolCalls, object } = output
  if (toolCalls?.length > 0)
    return {
      ...(text !== '' && { text }),
      toolCalls: toolCalls.map(({ observability: _observability, ...call }: any) => call),
    }
  return object ?? text ?? output
}

// When a message was made is Mastra's own note, between the options for providers.
function convertMessage(message: any): any {
  if (!Array.isArray(message?.content)) return message
  const content = message.content.map((part: any) => {
    const { mastra: _mastra, ...providerOptions } = part?.providerOptions ?? {}
    const { providerOptions: _options, ...rest } = part ?? {}
    return Object.keys(providerOptions).length > 0 ? { ...rest, providerOptions } : rest
  })
  return { ...message, content }
}

function count(value: any): number {
  return value > 0 && value < Infinity ? +value : 0
}
