import { isAbort, type Parent, type Placement, type Run } from '@pincer/core'
import { followIterator, replaceHidden } from '@pincer/core/wrapping'

import { withoutBytes } from './convert-block.ts'
import { convertError } from './convert-error.ts'
import { isLastMessage, messagesOf, type SdkRunner } from './parse-runner.ts'
import { type ToolWatch, watchParams, watchTool } from './parse-tools.ts'
import type { Wrapping } from './wrapping.ts'

/** One tool loop: a run of its own while it is iterated, or a part of the run around it. */
export class ToolLoop {
  readonly #wrapping: Wrapping
  readonly #input: unknown
  readonly #around: Parent | undefined
  readonly #signal: AbortSignal | null | undefined
  #runner: SdkRunner | undefined
  #own: Run | undefined
  #last: unknown

  constructor(wrapping: Wrapping, input: unknown, signal: AbortSignal | null | undefined) {
    const { claw, placement } = wrapping
    this.#wrapping = wrapping
    this.#input = input
    this.#around = placement.parent ?? claw.current()
    this.#signal = signal
  }

  /** What the loop's model calls and tool calls belong to. */
  get parent(): Parent | undefined {
    return this.#around ?? this.#own
  }

  /** The same for the request options of its model calls, which are made before the loop begins. */
  readonly place: Placement = Object.defineProperty({}, 'parent', {
    enumerable: true,
    get: () => this.parent,
  })

  /** The conversation so far. */
  get messages(): readonly unknown[] {
    return messagesOf(this.#runner)
  }

  /** Follows the loop as the caller iterates it; the runner stays the object it is. */
  follow(runner: SdkRunner, tools: ToolWatch): void {
    this.#runner = runner
    const iterate = runner[Symbol.asyncIterator].bind(runner)
    replaceHidden(runner, Symbol.asyncIterator, () => this.#watch(iterate()))
    const { addTools, setMessagesParams } = runner
    replaceHidden(runner, 'setMessagesParams', (change: unknown) =>
      setMessagesParams.call(
        runner,
        typeof change === 'function'
          ? (params: unknown) => watchParams(change(params), tools)
          : watchParams(change, tools),
      ),
    )
    if (addTools)
      replaceHidden(runner, 'addTools', (...added: readonly unknown[]) =>
        addTools.apply(
          runner,
          added.map((tool) => watchTool(tool, tools)),
        ),
      )
  }

  #watch(source: AsyncIterator<unknown>): AsyncIterator<unknown> {
    return followIterator(source, {
      step: (make) => this.#begin()?.within(make) ?? make(),
      value: (value) => void (this.#last = value),
      end: () => this.#end(),
      stop: () => this.#stop(),
      fail: (error) => this.#end(error),
    })
  }

  #begin(): Run | undefined {
    if (this.#around || this.#own) return this.#own
    const { claw, placement } = this.#wrapping
    try {
      this.#own = claw.startRun({ name: placement.runName ?? 'toolRunner', input: this.#input })
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
    else if (isAbort(error) || this.#signal?.aborted) run.cancel('aborted', { output })
    else run.fail(convertError(error), { output })
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
    return withoutBytes(
      messagesOf(this.#runner).findLast((message) => message?.role === 'assistant')?.content,
    )
  }
}
