import type { Action, Claw } from '@pincer/core'
import { PincerError } from '@pincer/protocol'

import { type PincerCallbackHandlerOptions, splitOptions } from './callback-options.ts'
import { type ChainKind, convertKind, convertStartName, textOf } from './convert-chain.ts'
import { convertEvent } from './convert-event.ts'
import { convertBubble, convertStop, isBubbleUp, isInterrupt } from './convert-interrupt.ts'
import { convertOutput } from './convert-message.ts'
import { convertModelEnd, convertModelStart, convertSignal } from './convert-model.ts'
import { convertToolError, convertToolInput, convertToolOutput, convertToolPiece } from './convert-tool.ts'
import { LateValue } from './late-value.ts'
import { ModelStream } from './model-stream.ts'
import { type ActionPlace, runOf, RunRecording, type Started } from './run-recording.ts'
import { type RunTable, runTableOf } from './run-table.ts'
import { Step } from './step.ts'
import { type ToolCalls, toolCallsOf } from './tool-calls.ts'

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
  readonly #recording: RunRecording
  readonly #toolCalls: ToolCalls

  constructor(claw: Claw, options: PincerCallbackHandlerOptions = {}) {
    if (!('startRun' in Object(claw)))
      throw new PincerError('invalid_option', 'PincerCallbackHandler: expected a claw of createClient')
    const { defaults, time } = splitOptions(options)
    this.#claw = claw
    this.#table = runTableOf(claw, time)
    this.#recording = new RunRecording(claw, defaults, this.#table)
    this.#toolCalls = toolCallsOf(claw)
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
        this.#startChain({ serialized, tags, metadata, runName }, kind, inputs, runId, above)
      else this.#table.add(new Step(runId, textOf(runName) ?? 'chain', above, above.invocation, above.place))
    } catch (error) {
      this.#report(error)
    }
  }

  /** A chain or graph ends, or is interrupted without saying so. */
  handleChainEnd(outputs: unknown, runId: string): void {
    try {
      const step = this.#take(runId)
      if (step?.handle === undefined) return
      const output = new LateValue(outputs, convertOutput)
      this.#recording.endChain(step, (run) => run.end({ output }))
    } catch (error) {
      this.#report(error)
    }
  }

  /** A chain or graph fails, is stopped, is interrupted, or leaves by a command. */
  handleChainError(error: unknown, runId: string): void {
    this.#safely(() => {
      const step = this.#take(runId)
      if (step === undefined) return
      const { invocation, place, name } = step
      const interrupted = isInterrupt(error)
      if (interrupted) invocation.pause(runOf(place), error, { name }, this.#toolCalls)
      if (interrupted) step.graph.isPaused = true
      // A failure is one, even if something else waits to be resumed.
      else step.isPaused &&= isBubbleUp(error)
      this.#recording.endChain(step, (run) => {
        if (isBubbleUp(error)) run.end({ output: convertBubble(error) })
        else this.#recording.failRun(run, error, convertStop(error, invocation.signal))
      })
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
      const step = this.#take(runId)
      if (step?.stream === undefined) return
      const { above, ownRun, invocation, stream } = step
      const answer = convertModelEnd(output, extraParams, stream.provider, stream.model)
      stream.end(answer)
      if (ownRun?.ended === false)
        ownRun.end({ stopReason: answer.outcome === 'ok' ? 'stop' : answer.outcome })
      invocation.request(answer.toolCalls)
      if (above !== undefined)
        for (const { id } of answer.toolCalls) this.#toolCalls.expect(id, above.place, invocation.threadId)
    } catch (error) {
      this.#report(error)
    }
  }

  /** A model has failed or was stopped. */
  handleLLMError(error: unknown, runId: string): void {
    this.#safely(() => {
      const step = this.#take(runId)
      const signal = step?.stream?.signal
      if (step === undefined) return
      // A model fails in its own words where its signal is aborted.
      const stopped = convertStop(signal?.aborted === true ? signal.reason : error, signal)
      this.#recording.failAction(step, error, stopped)
    })
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
      const name = convertStartName(started, 'tool')
      const place = this.#recording.findPlace(started, parentRunId, name)
      // Whoever calls a tool by hand may give anything.
      const givenId = typeof givenCallId === 'string' ? givenCallId : undefined
      const toolCallId = place.invocation.begin(givenId, name, input)
      const key = toolCallId ?? name
      const paused = place.invocation.takeTool(key)
      const handedOver = this.#toolCalls.takeOver(toolCallId ?? runId, runOf(place.place))
      if (handedOver !== undefined && handedOver !== paused) paused?.cancel('the call was started again')
      const call =
        (handedOver?.ended === false ? handedOver : paused) ??
        place.place.startToolCall({
          name,
          input: new LateValue(input, convertToolInput),
          ...(toolCallId !== undefined && { toolCallId }),
        })
      this.#addAction(place, runId, name, call).key = key
    } catch (error) {
      this.#report(error)
    }
  }

  /** A tool yields a piece. */
  handleToolEvent(piece: unknown, runId: string): void {
    this.#safely(() => {
      const step = this.#table.get(runId)
      if (step === undefined || step.repeatsPiece()) return
      const { handle } = step
      if (handle?.kind === 'tool_call') handle.delta(convertToolPiece(piece))
    })
  }

  /** A tool has answered, which may be with an error. */
  handleToolEnd(output: unknown, runId: string): void {
    this.#safely(() => {
      const step = this.#take(runId)
      if (step === undefined) return
      const error = convertToolError(output)
      this.#forget(step)
      if (error !== undefined) this.#recording.failAction(step, error, undefined)
      else this.#recording.endAction(step, { output: new LateValue(output, convertToolOutput) })
    })
  }

  /** A tool has failed, was stopped or interrupted. */
  handleToolError(error: unknown, runId: string): void {
    this.#safely(() => {
      const step = this.#take(runId)
      if (step === undefined) return
      const { handle, invocation, above, name, key = name } = step
      if (isInterrupt(error) && above !== undefined && handle?.kind === 'tool_call' && !handle.ended) {
        invocation.pause(runOf(handle), error, handle, this.#toolCalls)
        invocation.keep(key, handle)
        above.graph.isPaused = true
        return
      }
      this.#forget(step)
      if (isBubbleUp(error)) this.#recording.endAction(step, { output: convertBubble(error) })
      else this.#recording.failAction(step, error, convertStop(error, invocation.signal))
    })
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
      const place = this.#recording.findPlace(started, parentRunId, name)
      const retrieval = place.place.startRetrieval({ name, query })
      this.#addAction(place, runId, name, retrieval)
    })
  }

  /** A retriever has found documents. */
  handleRetrieverEnd(documents: unknown, runId: string): void {
    this.#safely(() => {
      const step = this.#take(runId)
      if (step !== undefined) this.#recording.endAction(step, { documents })
    })
  }

  /** A retriever has failed or was stopped. */
  handleRetrieverError(error: unknown, runId: string): void {
    this.#safely(() => {
      const step = this.#take(runId)
      if (step !== undefined)
        this.#recording.failAction(step, error, convertStop(error, step.invocation.signal))
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
      if (this.#table.repeats(runId)) return
      const options = convertModelStart(started, operation, input, extraParams)
      const { provider, model } = options
      const name = convertStartName(started, 'model')
      const place = this.#recording.findPlace(started, parentRunId, name)
      const call = place.place.startModelCall(options)
      const countsUsage = provider !== this.#claw.gateway.name
      const stream = new ModelStream(call, provider, model, countsUsage, convertSignal(extraParams))
      place.invocation.signal = stream.signal
      this.#addAction(place, runId, name, call).stream = stream
    } catch (error) {
      this.#report(error)
    }
  }

  #startChain(
    started: Started,
    kind: ChainKind,
    inputs: unknown,
    runId: string,
    above: Step | undefined,
  ): void {
    const name = convertStartName(started, 'chain')
    const { run, invocation, key } =
      above === undefined
        ? this.#recording.startRoot(started, inputs, name)
        : this.#recording.startNested(started, inputs, above)
    const step = new Step(runId, name, above, invocation, run, run)
    step.kind = kind
    step.key = key
    step.agent = started.metadata?.['lc_agent_name']
    this.#table.add(step)
  }

  #addAction({ above, invocation, ownRun }: ActionPlace, runId: string, name: string, action: Action): Step {
    const step = new Step(runId, name, above, invocation, action, action)
    step.ownRun = ownRun
    this.#table.add(step)
    return step
  }

  // Whoever tells of the same end again finds nothing.
  #take(runId: string): Step | undefined {
    const step = this.#table.get(runId)
    if (step !== undefined) this.#table.remove(step)
    return step
  }

  #forget({ handle, invocation }: Step): void {
    if (handle?.kind === 'tool_call') this.#toolCalls.forget(handle.toolCallId, invocation.threadId)
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
