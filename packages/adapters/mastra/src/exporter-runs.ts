import type { Claw, Run } from '@pincer/core'

import type { Part } from './convert-part.ts'
import { convertAnswer, convertRunEnd, convertRunStart, type Question } from './convert-run.ts'
import type { Entry } from './exporter-entry.ts'
import { RecordedModels } from './exporter-models.ts'
import type { PincerExporterOptions } from './exporter-options.ts'
import type { EntryTable } from './exporter-table.ts'
import type { ToolRecorder } from './exporter-tools.ts'

/** Records the runs of agents, workflows and their steps. */
export class RunRecorder {
  readonly #claw: Claw
  readonly #options: PincerExporterOptions
  readonly #table: EntryTable
  readonly #tools: ToolRecorder
  readonly #tellsEnds: boolean

  /** @param tellsEnds false for versions of Mastra that do not tell that a run was suspended, and that it goes on */
  constructor(
    claw: Claw,
    options: PincerExporterOptions,
    table: EntryTable,
    tools: ToolRecorder,
    tellsEnds: boolean,
  ) {
    this.#tellsEnds = tellsEnds
    this.#claw = claw
    this.#options = options
    this.#table = table
    this.#tools = tools
  }

  /** A run starts, or one goes on that was suspended. */
  start(entry: Entry): void {
    const { part } = entry
    const key = keyOf(part)
    // A newer Mastra says so where it goes on, and may run an agent twice at a time.
    const earlier = this.#tellsEnds ? undefined : this.#table.run(key, entry)
    const paused = part.isResumed ? this.#table.take(key) : undefined
    if (paused === undefined) {
      // Steps of a loop do run at the same time.
      if (part.type === 'agent_run' && part.mastraRunId !== undefined && earlier?.handle?.ended === false) {
        entry.models = earlier.models
        entry.handle = earlier.handle
        entry.models?.goOn()
        earlier.endedAt = part.startedAt
        return
      }
      entry.models = new RecordedModels(this.#options)
      entry.handle = this.#open(entry)
      return
    }
    const { run, models, approvalId, isGuards } = paused
    entry.models = models
    entry.handle = run
    const status = convertAnswer(part)
    if (isGuards) return
    run.resume({ approvalId, status })
    if (status === 'denied') this.#tools.deny(paused)
  }

  /** A run ends, or is suspended. */
  end(entry: Entry, part: Part): void {
    const { handle, models } = entry
    if (handle?.kind !== 'run' || models === undefined) return
    if (!this.#tellsEnds) this.#table.leave(keyOf(part), entry)
    const end = convertRunEnd(part, models.finishReason)
    if (end.status === 'suspended') {
      this.#pause(handle, models, part, end.waitsFor)
      return
    }
    models.settle(end)
    if (handle.ended) return
    if (end.status === 'failed') handle.fail(end.error)
    else if (end.status === 'cancelled') handle.cancel('aborted')
    else {
      const { stopReason, output } = end
      const isShown = this.#options.recordOutputs !== false
      handle.end({ ...(isShown && { output }), ...(stopReason !== undefined && { stopReason }) })
    }
  }

  #open({ part, place }: Entry): Run {
    const { mastraRunId, isResumed, type } = part
    const options = convertRunStart(part, this.#options)
    // Mastra's id is the run's, so that it is found again by a process that goes on with it; steps share that of their workflow.
    const hasOwnId = mastraRunId !== undefined && type !== 'workflow_step'
    if (hasOwnId && !isResumed && this.#table.claimRunId(mastraRunId))
      return this.#start(place, { ...options, runId: mastraRunId })
    if (hasOwnId && isResumed && place === undefined)
      return this.#start(place, { ...options, parentRunId: mastraRunId })
    return this.#start(place, options)
  }

  #start(place: Entry['place'], options: Parameters<Claw['startRun']>[0]): Run {
    return place?.startRun(options) ?? this.#claw.startRun(options)
  }

  #pause(run: Run, models: RecordedModels, part: Part, { name, toolCallId, reason }: Question): void {
    const key = keyOf(part)
    const isGuards = this.#tools.isGuards(toolCallId, run)
    const approvalId = toolCallId === undefined ? key : `${key}/${toolCallId}`
    if (!isGuards) run.pause({ approvalId, name, reason, ...(toolCallId !== undefined && { toolCallId }) })
    this.#table.pause(key, { run, models, approvalId, name, toolCallId, isGuards })
  }
}

function keyOf({ mastraRunId, traceId, type, entityId }: Part): string {
  return `${mastraRunId ?? traceId}/${type}/${entityId ?? ''}`
}
