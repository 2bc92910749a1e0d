import { checkOptionNames, describeValue, type Gateway, PincerError } from '@pincer/protocol'
import type { IdGenerator, UIMessage } from 'ai'

/** How {@link toUIMessageStream} shows a run. */
export interface UIStreamOptions {
  /** Sends what the agent thinks; true. */
  readonly sendReasoning?: boolean
  /** Sends artifacts that have an address as sources; false, as in the AI SDK. */
  readonly sendSources?: boolean
  /**
   * Words an error of the run for the reader, and is the place to log it; `An error occurred.` when absent. What went wrong with a
   * tool is told as the agent was told, as the AI SDK does for tools of a provider.
   */
  readonly onError?: (error: unknown) => string
  /** Makes the id of the message; the id of the run when absent, so that a stream that is read again shows the same message. */
  readonly generateMessageId?: IdGenerator
  /**
   * The messages so far: where the last one is the assistant's and tells of this run, it is gone on with, and what it tells of already
   * is left out.
   */
  readonly originalMessages?: readonly UIMessage[]
  /**
   * What to do when a person is asked: `wait` for the answer with the stream open, or `pause`: end the message there, so that
   * `useChat` can send the answer. `wait` when absent.
   */
  readonly approvals?: 'pause' | 'wait'
  /** The gateway of the run: it has the bytes of artifacts, and says whether an approval still waits. */
  readonly gateway?: Gateway
  /** Most bytes of an artifact that is sent as a file; 5,000,000. */
  readonly maxFileBytes?: number
  /** True cancels the run on the gateway when its reader goes away before the end; false. */
  readonly cancelOnDisconnect?: boolean
  /** Ends the message when aborted; it counts as a reader who goes away. */
  readonly signal?: AbortSignal
}

const optionNames: readonly (keyof UIStreamOptions)[] = [
  'approvals',
  'cancelOnDisconnect',
  'gateway',
  'generateMessageId',
  'maxFileBytes',
  'onError',
  'originalMessages',
  'sendReasoning',
  'sendSources',
  'signal',
]

/** What the reader is told of an error: the words of `onError`, or `An error occurred.` where it has none, or fails itself. */
export function wordsOf(error: unknown, onError: UIStreamOptions['onError']): string {
  let words: unknown
  try {
    words = onError?.(error)
  } catch {
    // The message must end all the same, and nobody else is there to be told.
  }
  return typeof words === 'string' ? words : 'An error occurred.'
}

/** @throws PincerError with code `invalid_option` naming what is wrong */
export function checkStreamOptions(
  what: string,
  options: UIStreamOptions,
  otherNames: readonly string[] = [],
): void {
  checkOptionNames(`${what}()`, options, [...optionNames, ...otherNames])
  const { approvals, maxFileBytes, onError, generateMessageId } = options
  if (approvals !== undefined && approvals !== 'pause' && approvals !== 'wait')
    throw invalid(what, 'approvals', '"pause" or "wait"', approvals)
  if (maxFileBytes !== undefined && !(typeof maxFileBytes === 'number' && maxFileBytes >= 0))
    throw invalid(what, 'maxFileBytes', 'a number of bytes', maxFileBytes)
  for (const [name, value] of Object.entries({ onError, generateMessageId }))
    if (value !== undefined && typeof value !== 'function') throw invalid(what, name, 'a function', value)
}

/** @throws PincerError with code `invalid_option` where it is no run and no events */
export function checkEventSource(what: string, source: unknown): void {
  const isSource =
    typeof source === 'object' &&
    source !== null &&
    ('events' in source || Symbol.asyncIterator in source || Symbol.iterator in source)
  if (!isSource)
    throw invalid(what, 'run', 'a run of a gateway, or its events as a list or an async iterable', source)
}

/** Refuses a value, and says what to do where it is one that is often given. */
export function invalid(what: string, name: string, expected: string, found: unknown): PincerError {
  return new PincerError('invalid_option', `${what}: ${name}: expected ${expected}, found ${describe(found)}`)
}

function describe(found: unknown): string {
  if (typeof found !== 'object' || found === null) return describeValue(found)
  if ('then' in found) return 'a promise; await it first'
  if ('fullStream' in found)
    return 'a result of streamText; show it by toUIMessageStream({ stream: result.stream }) of `ai`'
  return describeValue(found)
}
