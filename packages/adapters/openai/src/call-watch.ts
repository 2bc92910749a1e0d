import { isAbort, type ModelCall, type ModelCallOptions, type ModelCallResult } from '@pincer/core'

import type { Answer, AnswerReader, Collector } from './answer.ts'
import { chatReader, hideUsage } from './convert-chat.ts'
import { isRareChat } from './convert-request.ts'
import { convertUsage } from './convert-usage.ts'
import type { ResponseProps } from './parse-sdk.ts'
import type { LoopPlace, RequestOptions, Wrapping } from './wrapping.ts'

/** Follows one model call from its request to its outcome; a fault in here goes to `onError`, never to the host. */
export interface CallWatch {
  /** True where the stream was asked for its usage by us, not by the caller. */
  hidesUsage: boolean
  /** True where the answer is bytes, handed out as a `Response`. */
  readonly binary: boolean
  /** The response is there and belongs to the caller, who may never read it; handed on once it can be read here. */
  readonly arrived: (props: ResponseProps) => ResponseProps | Promise<ResponseProps>
  /** A whole answer; one without a body says nothing but that it came. */
  readonly whole: (value: unknown) => void
  /** A stream begins. */
  readonly open: () => void
  /** One event of the stream; returns what the caller may see of it, `undefined` where only we asked for it. */
  readonly event: (event: unknown) => unknown
  /** The stream has ended by itself, which an abort by signal looks like too. */
  readonly close: () => void
  /** The caller has stopped reading. */
  readonly stop: () => void
  /** The request, the body or the stream failed. */
  readonly fail: (error: unknown) => void
  /** The same, for a failure that goes on to the caller. */
  readonly reject: (error: unknown) => Promise<never>
}

/** Watches a call that was started. */
export function watchCall(
  wrapping: Wrapping,
  call: ModelCall,
  started: ModelCallOptions & Partial<LoopPlace>,
  hidesUsage: boolean,
  options: RequestOptions | undefined,
): CallWatch {
  const { claw, provider } = wrapping
  const { operation, model } = started
  let reader: AnswerReader | undefined
  // What has to be there before the caller gets the answer: it is loaded while the request is on its way.
  let loading = started.ready
  let collector: Collector | undefined
  // Where the answer so far is read from: the collector of a stream, or the whole of it.
  let source: { readonly value: unknown } | undefined
  let head: ResponseProps | undefined
  let isWhole = false
  let answer: Answer = { outcome: 'ok', finished: false }

  function result(): ModelCallResult {
    if (source && reader) answer = reader.read(source.value)
    return {
      ...answer,
      usage: convertUsage(answer.usage, provider, answer.model ?? model),
      requestId: head?.response.headers.get('x-request-id') ?? undefined,
    }
  }

  // What had come to its own end by then is neither cancelled nor cut.
  function end(isOver: boolean, reason?: string, error?: unknown): void {
    if (call.ended) return
    try {
      const found = result()
      if (answer.settle) answer.settle(call, found, error)
      else if (isWhole || (isOver && answer.finished)) call.end(found)
      else if (reason) call.cancel(reason, found)
      else call.fail(isOver ? new Error('the stream ended before the answer was complete') : error, found)
    } catch (fault) {
      // What is done for the record must never throw into the host.
      claw.report(fault, 'openai')
    }
  }

  function fail(error: unknown): void {
    end(false, isAbort(error) || options?.signal?.aborted ? 'aborted' : undefined, error)
  }

  const watch: CallWatch = {
    hidesUsage,
    binary: operation === 'speech',
    fail,
    arrived(props) {
      head = props
      call.awaitReader()
      return loading?.then(() => props) ?? props
    },
    whole(value) {
      isWhole = true
      source = value ? { value } : undefined
      end(true)
    },
    open() {
      source = collector = reader?.collect(call)
    },
    event(event) {
      try {
        collector?.add(event)
        return watch.hidesUsage ? hideUsage(event) : event
      } catch (error) {
        claw.report(error, 'openai')
        return event
      }
    },
    close: () => end(true, head?.controller.signal.aborted ? 'aborted' : undefined),
    stop: () => end(true, 'the reader stopped'),
    async reject(error) {
      fail(error)
      await loading
      throw error
    },
  }
  if (operation === 'chat' && !isRareChat(started)) reader = chatReader
  else
    loading = import('./other-readers.ts').then(({ createReader }) => {
      reader = createReader(wrapping, started, watch, chatReader)
    }, fail)
  call.onAbandon(result)
  return watch
}
