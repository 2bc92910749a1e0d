import { type Claw, systemClock } from '@pincer/core'
import { PincerError } from '@pincer/protocol'

import type { PincerCallbackHandlerOptions } from './callback-options.ts'
import { convertKind, convertStartName, textOf } from './convert-chain.ts'
import { convertEvent } from './convert-event.ts'
import { convertStop } from './convert-interrupt.ts'
import { ModelRecording } from './model-recording.ts'
import { runOf, RunRecording, type Started } from './run-recording.ts'
import { type RunTable, runTableOf } from './run-table.ts'
import { Step } from './step.ts'
import { toolCallsOf } from './tool-calls.ts'
import { ToolRecording } from './tool-recording.ts'

type Metadata = Record<string, unknown>

/**
 * Reports every agent, chain, model call, tool call and retrieval of LangChain that it is given to.
 *
 * It needs nothing of LangChain at run time. Its hooks only record, so LangChain may wait for them, and nothing is lost
 * where a process ends; on serverless hosts `await claw.flush()` delivers before the host stops the process.
 *
 * @throws PincerError with code `invalid_option` for what is no claw
 * @example
 * await agent.invoke({ messages }, { callbacks: [new PincerCallbackHandler(claw)] })
 */
export class PincerCallbackHandler {
  readonly name: string = 'pincer'
  readonly awaitHandlers: boolean = true
  readonly raiseError: boolean = false
  readonly ignoreLLM: boolean = false
  readonly ignoreChain: boolean = false
  readonly ignoreAgent: boolean = false
  readonly ignoreRetriever: boolean = false
  readonly ignoreCustomEvent: boolean = false
  readonly #claw: Claw
  readonly #table: RunTable
  readonly #runs: RunRecording
  readonly #models: ModelRecording
  readonly #tools: ToolRecording

  constructor(
    claw: Claw,
    { idleTimeoutMs = 300_000, clock = systemClock, ...defaults }: PincerCallbackHandlerOptions = {},
  ) {
    if (!('startRun' in Object(claw)))
      throw new PincerError('invalid_option', 'PincerCallbackHandler: expected a claw of createClient')
    this.#claw = claw
    const calls = toolCallsOf(claw)
    const table = (this.#table = runTableOf(claw, { idleTimeoutMs, clock }))
    const runs = (this.#runs = new RunRecording(claw, defaults, table, calls))
    this.#models = new ModelRecording(runs, table, calls, claw.gateway.name)
    this.#tools = new ToolRecording(runs, table, calls)
  }

  /** The handler itself: LangChain copies handlers, and a copy would know nothing of what has started. */
  copy(): this {
    return this
  }

  /** A chain or graph starts; LangChain calls with these arguments, and not in the order of its own types. */
  handleChainStart(
    serialized: unknown,
    inputs: unknown,
    runId: string,
    parentRunId?: string,
    tags?: string[],
    metadata?: Metadata,
    _runType?: string,
    runName?: string,
  ): void {
    // The hooks that are called most go without a closure.
    try {
      if (this.#table.repeats(runId)) return
      const above = this.#table.get(parentRunId)
      const kind = convertKind(serialized, runName)
      if (above === undefined || kind === 'graph')
        this.#runs.startChain({ serialized, tags, metadata, runName }, kind, inputs, runId, above)
      else this.#table.add(new Step(runId, textOf(runName) ?? 'chain', above, above.invocation, above.place))
    } catch (error) {
      this.#report(error)
    }
  }

  /** A chain or graph ends, or is interrupted without saying so. */
  handleChainEnd(outputs: unknown, runId: string): void {
    try {
      const step = this.#table.take(runId)
      if (step?.handle !== undefined) this.#runs.endChain(step, outputs)
    } catch (error) {
      this.#report(error)
    }
  }

  /** A chain or graph fails, is stopped, is interrupted, or leaves by a command. */
  handleChainError(error: unknown, runId: string): void {
    this.#safely(() => {
      const step = this.#table.take(runId)
      if (step !== undefined) this.#runs.failChain(step, error)
    })
  }

  /** A model of text is called. */
  handleLLMStart(
    serialized: unknown,
    prompts: unknown,
    runId: string,
    parentRunId?: string,
    extraParams?: unknown,
    tags?: string[],
    metadata?: Metadata,
    runName?: string,
  ): void {
    const started = { serialized, tags, metadata, runName }
    this.#startModel('completion', started, prompts, runId, parentRunId, extraParams)
  }

  /** A chat model is called. */
  handleChatModelStart(
    serialized: unknown,
    messages: unknown,
    runId: string,
    parentRunId?: string,
    extraParams?: unknown,
    tags?: string[],
    metadata?: Metadata,
    runName?: string,
  ): void {
    const started = { serialized, tags, metadata, runName }
    this.#startModel('chat', started, messages, runId, parentRunId, extraParams)
  }

  /** A token arrived, or a piece of something else, with an empty token. */
  handleLLMNewToken(
    token: string,
    indices: unknown,
    runId: string,
    _parentRunId?: string,
    _tags?: string[],
    fields?: unknown,
  ): void {
    try {
      const step = this.#table.get(runId)
      if (step !== undefined && !step.repeatsPiece()) step.stream?.token(token, indices, fields)
    } catch (error) {
      this.#report(error)
    }
  }

  /** A piece of a block arrived, of a model that streams blocks because another handler asked for it. */
  handleChatModelStreamEvent(event: unknown, runId: string): void {
    this.#safely(() => {
      const step = this.#table.get(runId)
      if (step !== undefined && !step.repeatsPiece()) step.stream?.block(event)
    })
  }

  /** A model has answered. */
  handleLLMEnd(
    output: unknown,
    runId: string,
    _parentRunId?: string,
    _tags?: string[],
    extraParams?: unknown,
  ): void {
    try {
      this.#models.end(output, runId, extraParams)
    } catch (error) {
      this.#report(error)
    }
  }

  /** A model has failed or was stopped. */
  handleLLMError(error: unknown, runId: string): void {
    this.#safely(() => this.#models.fail(error, runId))
  }

  /** A tool starts, or starts again after an interrupt. */
  handleToolStart(
    serialized: unknown,
    input: unknown,
    runId: string,
    parentRunId?: string,
    tags?: string[],
    metadata?: Metadata,
    runName?: string,
    givenCallId?: string,
  ): void {
    try {
      if (this.#table.repeats(runId)) return
      const started = { serialized, tags, metadata, runName }
      this.#tools.start(started, input, runId, parentRunId, givenCallId)
    } catch (error) {
      this.#report(error)
    }
  }

  /** A tool yields a piece. */
  handleToolEvent(piece: unknown, runId: string): void {
    this.#safely(() => this.#tools.piece(piece, runId))
  }

  /** A tool has answered, which may be with an error. */
  handleToolEnd(output: unknown, runId: string): void {
    this.#safely(() => this.#tools.end(output, runId))
  }

  /** A tool has failed, was stopped or interrupted. */
  handleToolError(error: unknown, runId: string): void {
    this.#safely(() => this.#tools.fail(error, runId))
  }

  /** A retriever is asked. */
  handleRetrieverStart(
    serialized: unknown,
    query: unknown,
    runId: string,
    parentRunId?: string,
    tags?: string[],
    metadata?: Metadata,
    runName?: string,
  ): void {
    this.#safely(() => {
      if (this.#table.repeats(runId)) return
      const started = { serialized, tags, metadata, runName }
      const name = convertStartName(started, 'retriever')
      const place = this.#runs.findPlace(started, parentRunId, name)
      this.#runs.add(place, runId, name, place.place.startRetrieval({ name, query }))
    })
  }

  /** A retriever has found documents. */
  handleRetrieverEnd(documents: unknown, runId: string): void {
    this.#safely(() => {
      const step = this.#table.take(runId)
      if (step !== undefined) this.#runs.endAction(step, { documents })
    })
  }

  /** A retriever has failed or was stopped. */
  handleRetrieverError(error: unknown, runId: string): void {
    this.#safely(() => {
      const step = this.#table.take(runId)
      if (step !== undefined) this.#runs.failAction(step, error, convertStop(error, step.invocation.signal))
    })
  }

  /** The host dispatched an event of its own. */
  handleCustomEvent(name: string, data: unknown, runId: string): void {
    this.#safely(() => {
      const step = this.#table.get(runId)
      if (step === undefined || step.repeatsEvent(data)) return
      const run = runOf(step.place)
      if (!run.ended) run.record('raw', convertEvent(name, data))
    })
  }

  #startModel(
    operation: 'chat' | 'completion',
    started: Started,
    input: unknown,
    runId: string,
    parentRunId: string | undefined,
    extraParams: unknown,
  ): void {
    try {
      if (!this.#table.repeats(runId))
        this.#models.start(operation, started, input, runId, parentRunId, extraParams)
    } catch (error) {
      this.#report(error)
    }
  }

  // What is done for the record must never throw into the host.
  #safely(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#report(error)
    }
  }

  #report(error: unknown): void {
    this.#claw.report(error, 'langchain')
  }
}
