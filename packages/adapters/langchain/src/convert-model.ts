import type { ModelCallOptions, ModelCallResult } from '@pincer/core'
import type { CompletedOutcome, ModelOperation } from '@pincer/protocol'

import { convertMessage, convertMessages } from './convert-message.ts'
import { convertName, textOf } from './convert-chain.ts'
import { convertUsage } from './convert-usage.ts'
import { LateValue } from './late-value.ts'

// What has its own field, or is no setting of the call.
const leftOut = new Set(['model', 'model_name', 'messages', 'input', 'stream', 'stream_options', 'signal'])
const outcomes: readonly (readonly [CompletedOutcome, RegExp])[] = [
  ['length', /^(?:length|max_?(?:output_)?tokens|model_context_window_exceeded)$/i],
  ['content_filter', /filter|safety|^(?:blocklist|prohibited_content|guardrail_intervened)$/i],
  ['refusal', /^refusal$/i],
]

/** A call that a model asked for. */
export interface RequestedCall {
  readonly id: string
  readonly name: string
  readonly args?: unknown
}

/** What a model said, as far as it concerns the record. */
export interface ModelAnswer extends ModelCallResult {
  readonly outcome: CompletedOutcome
  readonly toolCalls: readonly RequestedCall[]
}

/** Converts what the start of a model call says about it. */
export function convertModelStart(
  { serialized, metadata }: any,
  operation: ModelOperation,
  input: unknown,
  extra: any,
): ModelCallOptions {
  const settings = extra?.invocation_params
  const parameters: Record<string, unknown> = {}
  for (const key of Object.keys(settings ?? {})) {
    const value = settings[key]
    if (leftOut.has(key) || value === undefined) continue
    parameters[key] = key === 'tools' && Array.isArray(value) ? value.map(toolName) : value
  }
  const className = convertName(serialized) ?? 'unknown'
  const options = {
    provider: textOf(metadata?.ls_provider) ?? textOf(serialized?.id?.[2]) ?? className,
    model:
      convertModelName(settings) ??
      textOf(metadata?.ls_model_name) ??
      textOf(serialized?.kwargs?.model) ??
      className,
    operation,
    input: new LateValue(input, convertInput),
    parameters,
  }
  return settings?.stream === true ? { ...options, stream: true } : options
}

/** The signal that stops a model call, where LangChain shows it. */
export function convertSignal(extra: any): AbortSignal | undefined {
  const signal = extra?.options?.signal
  return signal instanceof AbortSignal ? signal : undefined
}

/** Converts what a model said; `provider` and `model` are those of the start. */
export function convertModelEnd(result: any, extra: any, provider: string, model: string): ModelAnswer {
  const generations: any[] = (result?.generations?.[0] ?? []).filter(Boolean)
  const message = generations[0]?.message
  const info = generations[0]?.generationInfo
  const about = message?.response_metadata
  const finishReason = convertReason(about) ?? convertReason(info)
  // Only what the caller did not find in a cache was used.
  const usage = extra?.cached ? undefined : (message?.usage_metadata ?? result?.llmOutput?.tokenUsage)
  const id = about?.id ?? info?.id ?? message?.id
  let outcome: CompletedOutcome | undefined
  if (message?.additional_kwargs?.refusal) outcome = 'refusal'
  else if (finishReason !== undefined) outcome = outcomes.find(([, words]) => words.test(finishReason))?.[0]
  return {
    outcome: outcome ?? 'ok',
    output: new LateValue(generations, convertGenerations),
    usage: convertUsage([usage], provider, convertModelName(about) ?? convertModelName(info) ?? model),
    finishReason,
    // Ids that start with "run-" were made by LangChain.
    responseId: typeof id === 'string' && !id.startsWith('run-') ? id : undefined,
    toolCalls: (message?.tool_calls ?? []).filter((call: any) => typeof call?.id === 'string'),
  }
}

function convertInput(input: any): unknown {
  // LangChain hands over one conversation or prompt at a time, in a list of one.
  return convertMessages(Array.isArray(input) && input.length === 1 ? input[0] : input)
}

function convertGenerations(generations: any): unknown {
  const outputs = generations.map(({ message, text }: any) => (message ? convertMessage(message) : text))
  return outputs.length === 1 ? outputs[0] : outputs
}

function convertModelName(about: any): string | undefined {
  return textOf(about?.model_name) ?? textOf(about?.model)
}

function convertReason(about: any): string | undefined {
  return textOf(
    about?.incomplete_details?.reason ??
      about?.finish_reason ??
      about?.stop_reason ??
      about?.finishReason ??
      about?.stopReason,
  )
}

function toolName(tool: any): unknown {
  return (tool?.function ?? tool)?.name ?? tool?.type
}
