import type { ModelCall, ModelCallResult } from '@pincer/core'

import type { PieceTaker } from './convert-chunk.ts'
import { readBlockEvent, readToken } from './convert-chunk.ts'
import { convertUsage } from './convert-usage.ts'

/** What arrives of one model call, piece by piece. */
export class ModelStream implements PieceTaker {
  readonly call: ModelCall
  readonly provider: string
  readonly model: string
  readonly signal: AbortSignal | undefined
  /** False for an agent of the gateway that keeps the record: it counts what its own runs use. */
  readonly #countsUsage: boolean
  /** True once the first piece came. */
  hasBegun = false
  #text = ''
  #usages: unknown[] | undefined
  #takesBlocks: boolean | undefined

  constructor(
    call: ModelCall,
    provider: string,
    model: string,
    countsUsage: boolean,
    signal: AbortSignal | undefined,
  ) {
    this.call = call
    this.provider = provider
    this.model = model
    this.signal = signal
    this.#countsUsage = countsUsage
    call.onAbandon(() => this.result())
  }

  /** Takes one token, as most models stream. */
  token(token: unknown, indices: unknown, fields: unknown): void {
    this.hasBegun = true
    // A model that streams both ways says everything twice.
    if (this.#takesBlocks !== true) readToken(token, indices, fields, this)
    this.#takesBlocks ??= false
  }

  /** Takes one event of a block, as models stream where another handler asks for it. */
  block(event: unknown): void {
    this.hasBegun = true
    if (this.#takesBlocks !== false) readBlockEvent(event, this)
    this.#takesBlocks ??= true
  }

  text(piece: string): void {
    this.#text += piece
    this.call.delta(piece)
  }

  thinking(piece: string): void {
    this.call.thinking(piece)
  }

  touch(): void {
    this.call.touch()
  }

  usage(part: unknown, isTotal: boolean): void {
    if (isTotal || this.#usages === undefined) this.#usages = [part]
    else this.#usages.push(part)
  }

  /** What had arrived, where the call does not come to its own end. */
  result(): ModelCallResult {
    return {
      output: this.#text === '' ? undefined : { role: 'assistant', content: this.#text },
      ...(this.#countsUsage && { usage: convertUsage(this.#usages ?? [], this.provider, this.model) }),
    }
  }

  /** Ends the call with its answer, where it has not been ended. */
  end(answer: ModelCallResult): void {
    if (!this.call.ended) this.call.end(this.#countsUsage ? answer : { ...answer, usage: undefined })
  }
}
