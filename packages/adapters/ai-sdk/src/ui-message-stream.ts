import { createUIMessageStreamResponse, type UIMessageChunk } from 'ai'

import { isGatewayRun, type UIEventSource } from './ui-event-reader.ts'
import type { ClawMessageMetadata } from './ui-message-metadata.ts'
import { readMessage } from './ui-message-reading.ts'
import type { ClawUIChunk } from './ui-step-writer.ts'
import { checkEventSource, checkStreamOptions, type UIStreamOptions } from './ui-stream-options.ts'

/** How {@link toUIMessageStreamResponse} answers. */
export interface UIStreamResponseOptions extends UIStreamOptions {
  readonly status?: number
  readonly statusText?: string
  readonly headers?: NonNullable<ResponseInit['headers']>
  /** Milliseconds of silence after which a comment is sent, so that nothing between closes the connection. */
  readonly keepAliveMs?: number
}

const responseOptionNames: readonly (keyof UIStreamResponseOptions)[] = [
  'headers',
  'keepAliveMs',
  'status',
  'statusText',
]

/**
 * Shows a run of a gateway, or its events live or replayed, as a stream for `useChat`: text, reasoning, tools, approvals,
 * files, sources, steps. It always ends.
 *
 * Of several runs the first is shown; the runs of agents that it called are a matter of its tools.
 *
 * @throws PincerError with code `invalid_option`
 * @example
 * const run = await claw.agents('main').run('What is new?')
 * return createUIMessageStreamResponse({ stream: toUIMessageStream(run) })
 */
export function toUIMessageStream(
  run: UIEventSource,
  options: UIStreamOptions = {},
): ReadableStream<UIMessageChunk<ClawMessageMetadata>> {
  checkStreamOptions('toUIMessageStream', options)
  checkEventSource('toUIMessageStream', run)
  const left = new AbortController()
  const signal = options.signal === undefined ? left.signal : AbortSignal.any([left.signal, options.signal])
  const chunks = readMessage(run, options, signal)
  const cancelRun = (): void => {
    // Nobody is left to tell when this fails; the run ends by its own time limit.
    if (options.cancelOnDisconnect === true && isGatewayRun(run))
      run.cancel('nobody reads the answer any more').catch(() => {})
  }
  if (signal.aborted) cancelRun()
  else signal.addEventListener('abort', cancelRun, { once: true })
  return new ReadableStream<ClawUIChunk>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next()
        if (done === true) return controller.close()
        // A reader that leaves after the last piece has left nothing undone.
        if (value.type === 'finish') signal.removeEventListener('abort', cancelRun)
        controller.enqueue(value)
      },
      cancel() {
        left.abort(new DOMException('nobody reads the message any more', 'AbortError'))
        void chunks.return()
      },
    },
    { highWaterMark: 0 },
  )
}

/**
 * The same as an answer to a request: server-sent events with the headers of the AI SDK.
 *
 * @throws PincerError with code `invalid_option`
 */
export function toUIMessageStreamResponse(
  run: UIEventSource,
  options: UIStreamResponseOptions = {},
): Response {
  checkStreamOptions('toUIMessageStreamResponse', options, responseOptionNames)
  checkEventSource('toUIMessageStreamResponse', run)
  const { status, statusText, headers, keepAliveMs, ...streamOptions } = options
  return createUIMessageStreamResponse({
    stream: toUIMessageStream(run, streamOptions),
    ...(status !== undefined && { status }),
    ...(statusText !== undefined && { statusText }),
    ...(headers !== undefined && { headers }),
    ...(keepAliveMs !== undefined && { keepAliveMs }),
  })
}
