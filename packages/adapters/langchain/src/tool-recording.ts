import { convertBubble, convertStop, isBubbleUp, isInterrupt } from './convert-interrupt.ts'
import { convertStartName } from './convert-chain.ts'
import { convertToolError, convertToolInput, convertToolOutput, convertToolPiece } from './convert-tool.ts'
import { LateValue } from './late-value.ts'
import { type RunRecording, runOf, type Started } from './run-recording.ts'
import type { RunTable } from './run-table.ts'
import type { Step } from './step.ts'
import type { ToolCalls } from './tool-calls.ts'

/** Records tool calls, some of which the guard has started and some of which were interrupted before. */
export class ToolRecording {
  readonly #runs: RunRecording
  readonly #table: RunTable
  readonly #calls: ToolCalls

  constructor(runs: RunRecording, table: RunTable, calls: ToolCalls) {
    this.#runs = runs
    this.#table = table
    this.#calls = calls
  }

  /** A tool starts, or starts again after an interrupt. */
  start(started: Started, input: unknown, runId: string, parentRunId?: string, givenCallId?: string): void {
    const name = convertStartName(started, 'tool')
    const place = this.#runs.findPlace(started, parentRunId, name)
    const { invocation } = place
    // Whoever calls a tool by hand may give anything.
    const givenId = typeof givenCallId === 'string' ? givenCallId : undefined
    const toolCallId = invocation.begin(givenId, name, input)
    const key = toolCallId ?? name
    const paused = invocation.takeTool(key)
    const handedOver = this.#calls.takeOver(toolCallId ?? runId, runOf(place.place))
    if (handedOver !== undefined && handedOver !== paused) paused?.cancel('the call was started again')
    const call =
      (handedOver?.ended === false ? handedOver : paused) ??
      place.place.startToolCall({
        name,
        input: new LateValue(input, convertToolInput),
        ...(toolCallId !== undefined && { toolCallId }),
      })
    this.#runs.add(place, runId, name, call).key = key
  }

  /** A tool yields a piece. */
  piece(piece: unknown, runId: string): void {
    const step = this.#table.get(runId)
    if (step === undefined || step.repeatsPiece()) return
    const { handle } = step
    if (handle?.kind === 'tool_call') handle.delta(convertToolPiece(piece))
  }

  /** A tool has answered, which may be with an error. */
  end(output: unknown, runId: string): void {
    const step = this.#table.take(runId)
    if (step === undefined) return
    const error = convertToolError(output)
    this.#forget(step)
    if (error !== undefined) this.#runs.failAction(step, error, undefined)
    else this.#runs.endAction(step, { output: new LateValue(output, convertToolOutput) })
  }

  /** A tool has failed, was stopped or interrupted. */
  fail(error: unknown, runId: string): void {
    const step = this.#table.take(runId)
    if (step === undefined) return
    const { handle, invocation, above, name, key = name } = step
    if (isInterrupt(error) && above !== undefined && handle?.kind === 'tool_call' && !handle.ended) {
      invocation.pause(runOf(handle), error, handle, this.#calls)
      invocation.keep(key, handle)
      above.graph.isPaused = true
      return
    }
    this.#forget(step)
    if (isBubbleUp(error)) this.#runs.endAction(step, { output: convertBubble(error) })
    else this.#runs.failAction(step, error, convertStop(error, invocation.signal))
  }

  #forget({ handle, invocation }: Step): void {
    if (handle?.kind === 'tool_call') this.#calls.forget(handle.toolCallId, invocation.threadId)
  }
}
