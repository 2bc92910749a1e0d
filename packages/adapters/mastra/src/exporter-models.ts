import type { ModelCall, ModelCallOptions } from '@pincer/core'

import {
  convertIsRetold,
  convertMessages,
  convertModelEnd,
  convertModelOutcome,
  convertModelStart,
  convertOffered,
} from './convert-model.ts'
import { convertFailure, type Part } from './convert-part.ts'
import type { RunEnd } from './convert-run.ts'
import type { PincerExporterOptions } from './exporter-options.ts'

const mostResults = 1_000

/** A request that has ended in a way which only the end of its run tells. */
interface Unsettled {
  readonly call: ModelCall
  readonly asked: ModelCallOptions
  readonly hasFailed: boolean
}

/** A request as it is recorded. */
export interface Request {
  readonly call: ModelCall
  readonly asked: ModelCallOptions
}

/** What is known of the requests of one run to its models. */
export class RecordedModels {
  /** Why the last generation ended, such as `suspended`. */
  finishReason: string | undefined
  /** The tools that the last request offered. */
  offered: readonly string[] | undefined
  readonly #options: PincerExporterOptions
  #latest: Request | undefined
  #goesOn = false
  #messages: unknown
  #answer: object | undefined
  #results: object[] = []
  #unsettled: Unsettled | undefined

  constructor(options: PincerExporterOptions) {
    this.#options = options
  }

  /** A generation begins with its messages; one that goes on begins with its instructions only. */
  begin(generation: Part): void {
    this.finishReason = undefined
    this.#messages = convertMessages(generation)
  }

  /** The run goes on though Mastra never said that it was suspended: its last request is open, and its answer told again. */
  goOn(): void {
    if (this.#latest?.call.ended === false) this.#unsettled ??= { ...this.#latest, hasFailed: false }
    this.#goesOn = true
  }

  /** A tool came to a result, which the next request brings to the model. */
  addResult(toolCallId: string, name: string, output: unknown): void {
    if (this.#results.length < mostResults)
      this.#results.push({ role: 'tool', toolCallId, toolName: name, output })
  }

  /** A request starts, or an answer is told again that was given before the run was suspended. */
  start(part: Part, generation: Part | undefined, open: (options: ModelCallOptions) => ModelCall): Request {
    const earlier = this.#unsettled
    this.#unsettled = undefined
    const isRetold = this.#goesOn || convertIsRetold(part)
    this.#goesOn = false
    if (earlier !== undefined && isRetold) return earlier
    if (earlier !== undefined) close(earlier)
    this.offered = convertOffered(part) ?? this.offered
    const input = this.#takeInput()
    const options = convertModelStart(part, generation)
    const asked = this.#options.recordInputs === false ? options : { ...options, input }
    return (this.#latest = { call: open(asked), asked: options })
  }

  /**
   * A request ends.
   *
   * @param isOwnUsage false where what it used is told by a run below it, in the same record
   */
  end(part: Part, { call, asked }: Request, isOwnUsage: boolean): void {
    if (call.ended) return
    const result = convertModelEnd(part, asked, isOwnUsage)
    const { output, ...rest } = result
    const told = this.#options.recordOutputs === false ? rest : result
    const ending = convertModelOutcome(part)
    const error = convertFailure(part)
    if (ending === 'answered') {
      this.#answer = { role: 'assistant', content: output }
      call.end(told)
    } else if (error !== undefined) call.fail(error, told)
    else if (ending === 'unknown' && this.finishReason === 'aborted') call.cancel('aborted', told)
    else this.#unsettled = { call, asked, hasFailed: ending === 'failed' }
  }

  /** The run has ended, which tells what became of a request without a result. */
  settle(end: RunEnd): void {
    const unsettled = this.#unsettled
    if (unsettled === undefined || end.status === 'suspended') return
    this.#unsettled = undefined
    if (end.status === 'failed') unsettled.call.fail(end.error)
    else if (end.status === 'cancelled') unsettled.call.cancel('aborted')
    else close(unsettled)
  }

  // Later requests hold what is new in them: the whole conversation stands in the record already.
  #takeInput(): unknown {
    const news = [this.#answer, ...this.#results].filter((message) => message !== undefined)
    this.#answer = undefined
    this.#results = []
    const messages = this.#messages
    this.#messages = undefined
    return news.length > 0 ? news : messages
  }
}

function close({ call, hasFailed }: Unsettled): void {
  if (hasFailed) call.fail(new Error('the model ended with an error'))
  else call.end()
}
