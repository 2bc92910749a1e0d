import type { Claw } from '../claw.ts'
import { isAbort } from '../error-info.ts'
import type { ModelCall, ModelCallResult } from '../model-call.ts'

import type { Answer, AnswerReader, Collector, Dialect, Hiding } from './answer.ts'
import type { ResponseProps } from './parse-sdk.ts'

/** Follows one model call from its request to its outcome; a fault in here goes to `onError`, never to the host. */
export interface CallWatch {
  /** What is kept from the caller, where anything is. */
  hiding: Hiding | undefined
  /** True where the answer is bytes, handed out as a `Response`. */
  readonly binary: boolean
  /** What `withResponse` tells besides, where it is answered here. */
  readonly describeHead: Dialect['describeHead']
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

/** What a watch knows of its call. */
interface WatchedCall {
  readonly claw: Pick<Claw, 'report'>
  readonly dialect: Dialect
  readonly provider: string
  /** The model that was asked for. */
  readonly model: string
  /** Reads the answer. */
  readonly reader?: AnswerReader
  /** Loads what reads the answer, where that is not there yet; the caller has the answer once it is. */
  readonly load?: (watch: CallWatch) => Promise<AnswerReader>
  /** What has to settle as well before the caller has the answer. */
  readonly ready?: Promise<unknown> | undefined
  readonly binary?: boolean
  readonly hiding?: Hiding | undefined
  /** Aborts the request. */
  readonly signal?: AbortSignal | null | undefined
}

/** Watches a call that was started. */
export function watchCall(call: ModelCall, watched: WatchedCall): CallWatch {
  const { claw, dialect, load } = watched
  let { reader, ready: loading } = watched
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
      usage: dialect.convertUsage(answer.usage, watched.provider, answer.model ?? watched.model),
      requestId: head?.response.headers.get(dialect.requestIdHeader) ?? undefined,
    }
  }

  // What had come to its own end by then is neither cancelled nor cut.
  function end(isOver: boolean, reason?: string, error?: unknown): void {
    if (call.ended) return
    try {
      if (isWhole && source) reader?.tell?.(source.value, call)
      const found = result()
      if (answer.settle) answer.settle(call, found, error)
      else if (isWhole || (isOver && answer.finished)) call.end(found)
      else if (reason) call.cancel(reason, found)
      else call.fail(isOver ? new Error('the stream ended before the answer was complete') : error, found)
    } catch (fault) {
      // What is done for the record must never throw into the host.
      claw.report(fault, dialect.name)
    }
  }

  function fail(error: unknown): void {
    const isCancelled = isAbort(error) || watched.signal?.aborted
    end(
      false,
      isCancelled ? 'aborted' : undefined,
      dialect.convertError ? dialect.convertError(error) : error,
    )
  }

  const watch: CallWatch = {
    hiding: watched.hiding,
    binary: watched.binary === true,
    describeHead: dialect.describeHead,
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
        return watch.hiding ? watch.hiding.event(event) : event
      } catch (error) {
        claw.report(error, dialect.name)
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
  if (load) loading = load(watch).then((loaded) => void (reader = loaded), fail)
  call.onAbandon(result)
  return watch
}
