import type { Claw, Run, ToolCall, ToolCallOptions } from '@pincer/core'
import { ApprovalDeniedError } from '@pincer/protocol'

import { convertToolEnd, convertToolStart, type ToolStart } from './convert-tool.ts'
import type { Part } from './convert-part.ts'
import type { Entry } from './exporter-entry.ts'
import type { PincerExporterOptions } from './exporter-options.ts'
import type { PausedRun } from './exporter-table.ts'
import type { ToolCalls } from './tool-calls.ts'

/** Records tool calls; those that the guard has started it goes on with. */
export class ToolRecorder {
  readonly #claw: Claw
  readonly #options: PincerExporterOptions
  readonly #known: ToolCalls
  // Those of a run that were suspended in the middle, until it goes on.
  readonly #open = new WeakMap<Run, Map<string, ToolCall>>()

  constructor(claw: Claw, options: PincerExporterOptions, known: ToolCalls) {
    this.#claw = claw
    this.#options = options
    this.#known = known
  }

  /** A tool is going to be executed. */
  start(entry: Entry): void {
    const call = this.#call(convertToolStart(entry.part), entry)
    this.#known.follow(call)
    entry.handle = entry.action = call
  }

  /** A tool was executed, or failed. */
  end(entry: Entry, part: Part): void {
    const { action } = entry
    if (action?.kind !== 'tool_call') return
    const models = entry.nearest((each) => each.models !== undefined)?.models
    const end = convertToolEnd(part, models?.offered)
    if (end.status === 'ok') models?.addResult(action.toolCallId, action.name, end.output)
    if (end.status === 'failed')
      models?.addResult(action.toolCallId, action.name, { error: end.error.message })
    this.#known.leave(action)
    if (action.ended) this.#forget(action)
    // What was suspended in the middle is the same call when it goes on.
    else if (this.#known.isHeld(action) || (end.status === 'unknown' && models?.finishReason === 'suspended'))
      this.#keep(action)
    else {
      this.#forget(action)
      if (end.status === 'failed') action.fail(end.error)
      else if (end.status === 'unknown' && models?.finishReason === 'aborted') action.cancel('aborted')
      else if (end.status === 'unknown' || this.#options.recordOutputs === false) action.end()
      else action.end({ output: end.output })
    }
  }

  /** True where the guard has asked a person about this call, and tells of the question itself. */
  isGuards(toolCallId: string | undefined, run: Run): boolean {
    const call = this.#find(toolCallId, run)
    return call !== undefined && this.#known.isHeld(call)
  }

  /** Somebody said no to a call, which is never executed then. */
  deny({ run, toolCallId, name, approvalId }: PausedRun): void {
    if (toolCallId === undefined) return
    const call = this.#find(toolCallId, run) ?? run.startToolCall({ toolCallId, name })
    this.#forget(call)
    call.fail(new ApprovalDeniedError(name, approvalId))
  }

  // The guard, which a hook asks before, may have started it; and it may be one that goes on.
  #call({ toolCallId, name, input }: ToolStart, { place, part }: Entry): ToolCall {
    if (toolCallId !== undefined) {
      const { parentId, mastraRunId } = part
      const known =
        this.#known.take({ toolCallId, parentSpanId: parentId, mastraRunId }) ??
        (place && this.#find(toolCallId, place.kind === 'run' ? place : place.run))
      if (known !== undefined) return known
    }
    const options: ToolCallOptions = {
      name,
      ...(toolCallId !== undefined && { toolCallId }),
      ...(this.#options.recordInputs !== false && { input }),
    }
    return place?.startToolCall(options) ?? this.#claw.startToolCall(options)
  }

  #find(toolCallId: string | undefined, run: Run): ToolCall | undefined {
    const call = toolCallId === undefined ? undefined : this.#open.get(run)?.get(toolCallId)
    return call?.ended === true ? undefined : call
  }

  #keep(call: ToolCall): void {
    let calls = this.#open.get(call.run)
    if (calls === undefined) this.#open.set(call.run, (calls = new Map()))
    calls.set(call.toolCallId, call)
  }

  #forget(call: ToolCall): void {
    this.#open.get(call.run)?.delete(call.toolCallId)
  }
}
