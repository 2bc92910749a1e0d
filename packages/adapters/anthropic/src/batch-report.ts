import type { Claw, ModelCall, Placement, Run } from '@pincer/core'

import { type BatchResult, convertResult } from './convert-result.ts'
import type { AnthropicDialect } from './dialect.ts'
import type { Wrapping } from './wrapping.ts'

// Result files are read more than once, and their answers are billed once; shared by all clients of a claw.
const reported = new WeakMap<Claw, Set<string>>()
const maxReported = 100_000

/** Reports the results of one batch as model calls, under one run where there is none around. */
export class BatchReport {
  readonly #claw: Claw
  readonly #dialect: AnthropicDialect
  readonly #placement: Placement
  readonly #provider: string
  readonly #batchId: string
  #own: Run | undefined
  #isOver = false

  constructor({ claw, dialect, placement, provider }: Wrapping, batchId: unknown) {
    const parent = placement.parent ?? claw.current()
    this.#claw = claw
    this.#dialect = dialect
    this.#placement = { ...placement, ...(parent && { parent }) }
    this.#provider = provider
    this.#batchId = String(batchId)
  }

  /** Takes one line of the result file. */
  add(line: unknown): void {
    try {
      const result = convertResult(line, this.#dialect.convertError)
      if (result !== undefined && !this.#isOver && this.#isNew(result.customId)) this.#report(result)
    } catch (error) {
      this.#claw.report(error, 'anthropic')
    }
  }

  /** The file has been read to its end. */
  end(): void {
    this.#take()?.end()
  }

  /** The caller has stopped reading. */
  stop(): void {
    this.#take()?.cancel('the reader stopped')
  }

  /** The file could not be read to its end. */
  fail(error: unknown): void {
    this.#take()?.fail(this.#dialect.convertError(error))
  }

  // What is read ahead after the end is nobody's.
  #take(): Run | undefined {
    this.#isOver = true
    const run = this.#own
    this.#own = undefined
    return run
  }

  #report({ customId, model: asked, message, error, isCancelled }: BatchResult): void {
    const call = this.#start(customId, asked)
    if (isCancelled) return call.cancel('cancelled at the provider')
    if (error !== undefined) return call.fail(error)
    const { reader, convertUsage } = this.#dialect
    reader.tell?.(message, call)
    const { usage, model = asked, ...answer } = reader.read(message)
    call.end({ ...answer, usage: convertUsage(usage, this.#provider, model) })
  }

  #start(customId: string, model: string): ModelCall {
    const { parent, runName = 'batch results' } = this.#placement
    const under =
      parent ?? (this.#own ??= this.#claw.startRun({ name: runName, input: { batchId: this.#batchId } }))
    return this.#claw.startModelCall({
      provider: this.#provider,
      model,
      operation: 'chat',
      parameters: { batchId: this.#batchId, customId },
      parent: under,
    })
  }

  #isNew(customId: string): boolean {
    const known = reported.get(this.#claw) ?? new Set()
    reported.set(this.#claw, known)
    const key = `${this.#batchId}:${customId}`
    if (known.has(key)) return false
    known.add(key)
    // The oldest is let go where there are too many.
    if (known.size > maxReported) for (const oldest of known.values()) return known.delete(oldest)
    return true
  }
}
