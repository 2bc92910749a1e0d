import { isAbort, type Parent, type Run } from '@pincer/core'
import { followIterator } from '@pincer/core/loops'

import { isLastMessage, messagesOf } from './parse-loop.ts'
import { ToolCalls } from './tool-calls.ts'
import type { Wrapping } from './wrapping.ts'

/** How a loop was started. */
export interface LoopStart {
  readonly params: unknown
  /** The run or action around it. */
  readonly around: Parent | undefined
  readonly signal: AbortSignal | null | undefined
  /** The client's loop. */
  readonly runner: unknown
}

/** One tool loop: a run of its own while it is iterated, or a part of the run around it. */
export class ToolLoop {
  readonly tools: ToolCalls
  readonly #wrapping: Wrapping
  readonly #start: LoopStart
  #own: Run | undefined
  #last: unknown

  constructor(wrapping: Wrapping, start: LoopStart) {
    this.#wrapping = wrapping
    this.#start = start
    this.tools = new ToolCalls(
      wrapping.claw,
      () => this.parent,
      () => messagesOf(start.runner),
    )
  }

  /** What the loop's model calls and tool calls belong to. */
  get parent(): Parent | undefined {
    return this.#start.around ?? this.#own
  }

  /** Follows the loop as the caller iterates it. */
  follow(source: AsyncIterator<unknown>): AsyncIterator<unknown> {
    return followIterator(source, {
      step: (make) => this.#begin()?.within(make) ?? make(),
      value: (value) => void (this.#last = value),
      end: () => this.#end(),
      stop: () => this.#stop(),
      fail: (error) => this.#end(error),
    })
  }

  #begin(): Run | undefined {
    if (this.#start.around || this.#own) return this.#own
    const { claw, placement, dialect } = this.#wrapping
    try {
      const input = dialect.inputOf(this.#start.params ?? {})
      this.#own = claw.startRun({ name: placement.runName ?? 'toolRunner', input })
    } catch (error) {
      claw.report(error, 'anthropic')
    }
    return this.#own
  }

  #end(error?: unknown): void {
    const run = this.#take()
    if (run === undefined) return
    const output = this.#output()
    if (error === undefined) run.end({ output })
    else if (isAbort(error) || this.#start.signal?.aborted) run.cancel('aborted', { output })
    else run.fail(this.#wrapping.dialect.convertError(error), { output })
  }

  #stop(): void {
    const run = this.#take()
    if (isLastMessage(this.#last)) run?.end({ output: this.#output() })
    else run?.cancel('the reader stopped', { output: this.#output() })
  }

  // A loop that failed may be iterated once more, which is another run.
  #take(): Run | undefined {
    const run = this.#own
    this.#own = undefined
    return run
  }

  #output(): unknown {
    const { content } = messagesOf(this.#start.runner).findLast(isAnswer) ?? {}
    return this.#wrapping.dialect.withoutBytes(content)
  }
}

function isAnswer(message: { readonly role?: unknown } | undefined): boolean {
  return message?.role === 'assistant'
}
