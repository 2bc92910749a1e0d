import { type LanguageModel, type LanguageModelMiddleware, wrapLanguageModel } from 'ai'
import type { CompletedOutcome, JsonValue } from '@pincer/protocol'
import { convertError } from './convert-error.ts'
import { convertUsage } from './convert-usage.ts'
import { type ModelCallRecord, recordModelCall } from './model-call.ts'
import type { OpenModel } from './models.ts'
import type { RunRecorder } from './run-recorder.ts'

type WrapStream = NonNullable<LanguageModelMiddleware['wrapStream']>
type StreamPart = Awaited<ReturnType<WrapStream>>['stream'] extends ReadableStream<infer Part> ? Part : never

/** What {@link recordModel} needs. */
export interface RecordedModelOptions {
  readonly recorder: RunRecorder
  /** What the call gets that the one before did not. */
  readonly newInput: () => JsonValue
  /** The names under which the record knows the tools. */
  readonly toolNames: readonly string[]
  /** Asks the guard, before anything is sent; throws where the call may not be made. */
  readonly authorize: (call: ModelCallRecord) => Promise<void>
  readonly signal: AbortSignal
}

/**
 * Wraps a model so that each of its calls goes into the record of a run.
 *
 * Here, and not in the telemetry of the loop, because here the pieces pass in the order in which they arrive: the call is complete in
 * the record before a tool of it starts, and its usage is told once.
 */
export function recordModel(
  { model, provider, name }: OpenModel,
  options: RecordedModelOptions,
): LanguageModel {
  const { recorder, newInput, toolNames, authorize, signal } = options
  const wrapStream: WrapStream = async ({ doStream }) => {
    const call = recordModelCall(recorder, {
      provider,
      model: name,
      input: newInput(),
      ...(toolNames.length === 0 ? {} : { parameters: { tools: toolNames } }),
    })
    await authorize(call)
    try {
      const answer = await doStream()
      return { ...answer, stream: ReadableStream.from(watch(answer.stream, call)) }
    } catch (error) {
      fail(call, error)
      throw error
    }
  }

  async function* watch(
    stream: ReadableStream<StreamPart>,
    call: ModelCallRecord,
  ): AsyncGenerator<StreamPart> {
    let answeredBy = name
    let responseId: string | undefined
    try {
      for await (const part of stream) {
        if (part.type === 'text-delta') call.text(part.delta)
        else if (part.type === 'reasoning-delta') call.thinking(part.delta)
        else if (part.type === 'error') fail(call, part.error)
        else if (part.type === 'response-metadata') {
          answeredBy = part.modelId ?? answeredBy
          responseId = part.id ?? responseId
        } else if (part.type === 'finish') {
          const { unified, raw } = part.finishReason
          call.complete({
            outcome: convertOutcome(unified),
            finishReason: raw ?? unified,
            responseId,
            usage: convertUsage(part.usage, provider, answeredBy),
          })
        }
        yield part
      }
    } catch (error) {
      fail(call, error)
      throw error
    } finally {
      // Does nothing after an end; otherwise the reader left.
      if (!signal.aborted) call.cancel('the stream was not read to its end')
    }
  }

  function fail(call: ModelCallRecord, error: unknown): void {
    // A run that was stopped closes its own calls, and says why.
    if (!signal.aborted) call.fail(convertError(error))
  }

  return wrapLanguageModel({ model, middleware: { specificationVersion: 'v4', wrapStream } })
}

function convertOutcome(finishReason: string): CompletedOutcome {
  if (finishReason === 'length') return 'length'
  return finishReason === 'content-filter' ? 'content_filter' : 'ok'
}
