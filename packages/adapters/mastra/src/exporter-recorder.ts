import type { Claw, ModelCall, ModelCallOptions, Parent } from '@pincer/core'

import {
  convertEmbedEnd,
  convertEmbedStart,
  convertFinishReason,
  convertTellsUsage,
  convertUsage,
} from './convert-model.ts'
import { convertFailure, convertInternalUsage, convertKind, type Part } from './convert-part.ts'
import { convertDocuments, convertRetrievalStart } from './convert-tool.ts'
import { Entry } from './exporter-entry.ts'
import { RecordedModels } from './exporter-models.ts'
import type { PincerExporterOptions } from './exporter-options.ts'
import { RunRecorder } from './exporter-runs.ts'
import { type EntryTable, entryTableOf } from './exporter-table.ts'
import { ToolRecorder } from './exporter-tools.ts'
import { toolCallsOf } from './tool-calls.ts'

/** Records the parts of Mastra's traces, as they start and end. */
export class PartRecorder {
  readonly #claw: Claw
  readonly #options: PincerExporterOptions
  readonly #table: EntryTable
  readonly #runs: RunRecorder
  readonly #tools: ToolRecorder
  readonly #tellsEnds: boolean

  /** @param tellsEnds false for versions of Mastra that do not end the run of a model that failed */
  constructor(claw: Claw, options: PincerExporterOptions, tellsEnds: boolean) {
    this.#claw = claw
    this.#options = options
    this.#tellsEnds = tellsEnds
    this.#table = entryTableOf(claw)
    const known = toolCallsOf(claw)
    this.#tools = new ToolRecorder(claw, options, known)
    this.#runs = new RunRecorder(claw, options, this.#table, this.#tools, tellsEnds)
    known.watch((id) => this.#table.get(id)?.place)
  }

  /** What something that runs in this part stands under. */
  contextOf(id: string): Parent | undefined {
    const entry = this.#table.get(id)
    const request = entry?.request
    if (entry === undefined || request === undefined || request.ended) return entry?.place
    entry.wasEntered = true
    return request
  }

  /** A part starts. */
  start(part: Part, leaf: string): void {
    const parent = this.#table.get(part.parentId)
    // Pieces of an answer are many: they only say that it has begun.
    if (part.type === 'model_chunk') {
      parent?.request?.touch()
      return
    }
    // An exporter may be the bridge too, and a client may have several.
    if (this.#table.get(part.id) !== undefined) return
    const kind = isOwnWorkflow(part, parent) ? undefined : convertKind(part, leaf)
    const entry = new Entry(part, kind, parent)
    this.#table.add(entry)
    if (part.type === 'model_generation') this.#modelsOf(entry).begin(part)
    switch (entry.kind) {
      case 'run':
        this.#runs.start(entry)
        break
      case 'model':
        this.#startRequest(entry)
        break
      case 'tool':
        this.#tools.start(entry)
        break
      case 'embedding':
        entry.action = this.#open(entry, this.#withoutInput(convertEmbedStart(part)))
        break
      case 'retrieval': {
        const { query, ...options } = convertRetrievalStart(part)
        const about = this.#options.recordInputs === false ? options : { ...options, query }
        entry.action = entry.place?.startRetrieval(about) ?? this.#claw.startRetrieval(about)
        break
      }
    }
  }

  /** A part ends. */
  end(part: Part): void {
    const entry = this.#table.get(part.id)
    if (entry === undefined || entry.endedAt !== undefined) return
    entry.endedAt = part.endedAt ?? part.startedAt
    this.#countInternal(entry, part)
    switch (entry.kind) {
      case 'run':
        this.#runs.end(entry, part)
        break
      case 'model':
        this.#endRequest(entry, part)
        break
      case 'tool':
        this.#tools.end(entry, part)
        break
      case 'embedding':
      case 'retrieval':
        this.#endAction(entry, part)
        break
    }
    if (part.type !== 'model_generation') return
    // Agents of other makers tell no requests, only what came of them together.
    if (!entry.hasRequests && convertTellsUsage(part)) {
      this.#startRequest(entry)
      this.#endRequest(entry, part)
    }
    this.#endGeneration(entry, part)
  }

  #startRequest(entry: Entry): void {
    const generation = entry.nearest(({ part }) => part.type === 'model_generation')
    const open = (options: ModelCallOptions): ModelCall => this.#open(entry, options)
    const { call, asked } = this.#modelsOf(entry).start(entry.part, generation?.part, open)
    entry.action = call
    entry.asked = asked
    if (generation !== undefined) generation.hasRequests = true
    // Mastra makes the request inside the step, which is where what the model does itself is found.
    const step = entry.nearest(({ part }) => part.type === 'model_step') ?? entry
    step.request = entry.request = call
  }

  #endRequest(entry: Entry, part: Part): void {
    const { request, asked } = entry
    if (request === undefined || asked === undefined) return
    this.#modelsOf(entry).end(part, { call: request, asked }, !this.#isCountedBelow(entry, asked))
  }

  #endGeneration(entry: Entry, part: Part): void {
    const models = this.#modelsOf(entry)
    models.finishReason = convertFinishReason(part)
    const run = entry.nearest(({ kind }) => kind === 'run')
    // Without a run there is nobody else to tell how it ended.
    if (run !== undefined && (this.#tellsEnds || models.finishReason !== 'error')) return
    const failure = models.finishReason === 'error' ? { message: 'the model ended with an error' } : undefined
    const error = convertFailure(part) ?? failure
    if (error === undefined) models.settle({ status: 'completed', output: undefined, stopReason: undefined })
    else models.settle({ status: 'failed', error })
    if (error !== undefined && run?.handle?.kind === 'run') run.handle.fail(error)
  }

  #endAction({ action }: Entry, part: Part): void {
    if (action === undefined || action.ended) return
    const error = convertFailure(part)
    const hides = this.#options.recordOutputs === false
    if (error !== undefined) action.fail(error)
    else if (action.kind === 'retrieval') action.end(hides ? {} : { documents: convertDocuments(part) })
    else if (action.kind === 'model_call') {
      const { output, ...rest } = convertEmbedEnd(part)
      action.end(hides ? rest : { ...rest, output })
    }
  }

  // What Mastra uses for itself, in parts that it does not show, it tells in the part around them.
  #countInternal(entry: Entry, part: Part): void {
    const usage = convertUsage(convertInternalUsage(part), 'mastra', 'internal')
    if (usage === undefined) return
    this.#open(entry, { provider: 'mastra', model: 'internal' }).end({ usage })
  }

  // An agent of the gateway that knows the run as its parent counts for itself what it uses.
  #isCountedBelow(entry: Entry, { provider }: ModelCallOptions): boolean {
    if (provider !== 'pincer') return false
    const step = entry.nearest(({ part }) => part.type === 'model_step') ?? entry
    const takes = this.#claw.gateway.agents?.takes
    return step.wasEntered && takes?.includes('parentRunId') === true
  }

  #modelsOf(entry: Entry): RecordedModels {
    const owner =
      entry.nearest(({ models }) => models !== undefined) ??
      entry.nearest(({ part }) => part.type === 'model_generation') ??
      entry
    return (owner.models ??= new RecordedModels(this.#options))
  }

  #open(entry: Entry, options: ModelCallOptions): ModelCall {
    return entry.place?.startModelCall(options) ?? this.#claw.startModelCall(options)
  }

  #withoutInput({ input, ...options }: ModelCallOptions): ModelCallOptions {
    return this.#options.recordInputs === false ? options : { ...options, input }
  }
}

// Mastra runs its agents as workflows, which it shows to exporters that ask for them.
function isOwnWorkflow({ type }: Part, parent: Entry | undefined): boolean {
  if (type !== 'workflow_run' && type !== 'workflow_step') return false
  return parent?.nearest(({ handle }) => handle !== undefined)?.part.type === 'agent_run'
}
