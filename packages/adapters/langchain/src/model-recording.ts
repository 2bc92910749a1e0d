import type { ModelOperation } from '@pincer/protocol'

import { convertStartName } from './convert-chain.ts'
import { convertStop } from './convert-interrupt.ts'
import { convertModelEnd, convertModelStart, convertSignal } from './convert-model.ts'
import { ModelStream } from './model-stream.ts'
import type { RunRecording, Started } from './run-recording.ts'
import type { RunTable } from './run-table.ts'
import type { ToolCalls } from './tool-calls.ts'

/** Records model calls, and what they ask for. */
export class ModelRecording {
  readonly #runs: RunRecording
  readonly #table: RunTable
  readonly #calls: ToolCalls
  readonly #gateway: string

  /** `gateway` is its name: it counts what its own agents use. */
  constructor(runs: RunRecording, table: RunTable, calls: ToolCalls, gateway: string) {
    this.#runs = runs
    this.#table = table
    this.#calls = calls
    this.#gateway = gateway
  }

  /** A model is called. */
  start(
    operation: ModelOperation,
    started: Started,
    input: unknown,
    runId: string,
    parentRunId?: string,
    extraParams?: unknown,
  ): void {
    const options = convertModelStart(started, operation, input, extraParams)
    const { provider, model } = options
    const name = convertStartName(started, 'model')
    const place = this.#runs.findPlace(started, parentRunId, name)
    const call = place.place.startModelCall(options)
    const signal = convertSignal(extraParams)
    place.invocation.signal = signal
    const step = this.#runs.add(place, runId, name, call)
    step.stream = new ModelStream(call, provider, model, provider !== this.#gateway, signal)
  }

  /** A model has answered. */
  end(output: unknown, runId: string, extraParams?: unknown): void {
    const step = this.#table.take(runId)
    if (step?.stream === undefined) return
    const { above, ownRun, invocation, stream } = step
    const answer = convertModelEnd(output, extraParams, stream.provider, stream.model)
    const { outcome, toolCalls } = answer
    stream.end(answer)
    if (ownRun?.ended === false) ownRun.end({ stopReason: outcome === 'ok' ? 'stop' : outcome })
    invocation.request(toolCalls)
    if (above === undefined) return
    for (const { id } of toolCalls) this.#calls.expect(id, above.place, invocation.threadId)
  }

  /** A model has failed or was stopped. */
  fail(error: unknown, runId: string): void {
    const step = this.#table.take(runId)
    if (step === undefined) return
    const signal = step.stream?.signal
    // A model fails in its own words where its signal is aborted.
    const stopped = convertStop(signal?.aborted === true ? signal.reason : error, signal)
    this.#runs.failAction(step, error, stopped)
  }
}
