import { type ClawEvent, GatewayError, isTerminalEvent, type ToolCallRequest } from '@pincer/protocol'

import { isTold } from './stream-metadata.ts'
import { toUIArtifact } from './ui-artifact.ts'
import { isGatewayRun, UIEventReader, type UIEventSource } from './ui-event-reader.ts'
import { parsePosition, type ToldPosition } from './ui-message-metadata.ts'
import { UIRunWriter } from './ui-run-writer.ts'
import type { ClawUIChunk } from './ui-step-writer.ts'
import { type UIStreamOptions, wordsOf } from './ui-stream-options.ts'

// Questions that a run asks at once come this close together, in milliseconds.
const askedTogetherMs = 150
const progressMs = 100
const resultMs = 10_000
const mostFileBytes = 5_000_000

/** Reads a run to its end, or to where its message pauses, and gives the pieces of the message; never throws. */
export async function* readMessage(
  source: UIEventSource,
  options: UIStreamOptions,
  signal: AbortSignal,
): AsyncGenerator<ClawUIChunk, void, undefined> {
  const run = new UIRunWriter({
    sendReasoning: options.sendReasoning ?? true,
    errorText: (error) => wordsOf(error, options.onError),
  })
  const reading = new MessageReading(source, options, run, signal)
  try {
    while (await reading.readOn()) yield* run.writer.take()
  } catch (error) {
    reading.arrive()
    if (signal.aborted) run.abort(reasonOf(signal.reason))
    else run.breakOff(error)
  } finally {
    reading.close()
  }
  yield* run.writer.take()
}

/** Reads the events of one run into a {@link UIRunWriter}. */
class MessageReading {
  readonly #source: UIEventSource
  readonly #options: UIStreamOptions
  readonly #run: UIRunWriter
  readonly #signal: AbortSignal
  readonly #artifacts = new Set<string>()
  #reader: UIEventReader | undefined
  #runId: string | undefined
  #hasBegun = false
  /** How far an earlier answer has told of the run, until that is reached. */
  #told: ToldPosition | undefined

  constructor(source: UIEventSource, options: UIStreamOptions, run: UIRunWriter, signal: AbortSignal) {
    this.#source = source
    this.#options = options
    this.#run = run
    this.#signal = signal
  }

  /** Takes what comes next; false once the message has ended. */
  async readOn(): Promise<boolean> {
    const source = this.#source
    if (!this.#hasBegun && isGatewayRun(source)) {
      this.#begin(source.runId, undefined)
      return true
    }
    this.#reader ??= new UIEventReader(source, this.#signal)
    const event = await this.#reader.next(this.#quietMs)
    if (event === 'quiet') {
      this.#run.tools.catchUp()
      if (!this.#isAsked) return true
      if (!(await this.#isUnanswered())) return true
      this.#run.pause()
      return false
    }
    if (event === undefined) return this.#leave()
    if (!this.#hasBegun) this.#begin(event.runId, event.agentId)
    if (event.runId !== undefined && event.runId !== this.#runId) return true
    if (this.#told !== undefined && !isTold(event, this.#told)) this.arrive()
    await this.#take(event)
    return !this.#run.hasEnded
  }

  /** Reaches what no earlier answer has told. */
  arrive(): void {
    if (!this.#hasBegun) this.#begin(undefined, undefined)
    if (this.#told === undefined) return
    this.#told = undefined
    this.#run.leaveEarlier()
  }

  close(): void {
    this.#reader?.close()
  }

  /** After how many milliseconds without an event there is something to do. */
  get #quietMs(): number | undefined {
    if (this.#isAsked) return askedTogetherMs
    return this.#told === undefined && this.#run.tools.isBehind ? progressMs : undefined
  }

  get #isAsked(): boolean {
    return this.#told === undefined && this.#options.approvals === 'pause' && this.#run.tools.isWaiting
  }

  #begin(runId: string | undefined, agentId: string | undefined): void {
    this.#hasBegun = true
    this.#runId = runId
    const { originalMessages, generateMessageId } = this.#options
    const last = originalMessages?.at(-1)
    const told = last?.role === 'assistant' ? parsePosition(last) : undefined
    const earlier = told !== undefined && told.runId === runId ? last : undefined
    this.#run.begin(earlier?.id ?? generateMessageId?.() ?? runId, {
      ...(runId !== undefined && { runId }),
      ...(agentId !== undefined && { agentId }),
    })
    if (earlier === undefined) return
    this.#run.continueEarlier(earlier)
    this.#told = told
  }

  async #take(event: ClawEvent): Promise<void> {
    this.#run.take(event, this.#told !== undefined)
    if (isTerminalEvent(event)) {
      this.arrive()
      this.#run.end(event, await this.#callsOf(event))
    } else if (this.#told !== undefined) {
      if (event.type === 'artifact.created') this.#artifacts.add(event.data.artifactId)
      this.#run.writer.drop()
    } else if (event.type === 'artifact.created' || event.type === 'artifact.updated') {
      const { gateway, sendSources = false, maxFileBytes = mostFileBytes } = this.#options
      const { artifactId } = event.data
      // A part of a message cannot be changed: the first version is shown.
      if (this.#artifacts.has(artifactId)) return
      this.#artifacts.add(artifactId)
      const created = { ...event, type: 'artifact.created' as const }
      const part = await toUIArtifact(created, { gateway, sendSources, maxFileBytes, signal: this.#signal })
      if (part !== undefined) this.#run.show(part)
    }
  }

  // The events do not name the calls that the caller is to make.
  async #callsOf(event: ClawEvent): Promise<readonly ToolCallRequest[]> {
    const source = this.#source
    const isHandedOver = event.type === 'run.completed' && event.data.stopReason === 'tool_calls'
    if (!isHandedOver || !isGatewayRun(source)) return []
    return (await source.wait({ timeoutMs: resultMs, signal: this.#signal })).toolCalls ?? []
  }

  // Replayed questions were answered long ago, and not every gateway tells of an answer.
  async #isUnanswered(): Promise<boolean> {
    const { tools } = this.#run
    const approvals = this.#options.gateway?.approvals
    if (approvals === undefined) return true
    const signal = this.#signal
    for (const approvalId of tools.unanswered) {
      const found = await approvals.get(approvalId, { signal }).catch(() => undefined)
      const { status = 'pending', decisionReason: reason, editedInput: input } = found ?? {}
      if (status === 'pending') continue
      tools.resolve({
        approvalId,
        status,
        ...(reason !== undefined && { reason }),
        ...(input !== undefined && { input }),
      })
    }
    return tools.isWaiting
  }

  #leave(): false {
    this.arrive()
    if (isGatewayRun(this.#source))
      throw new GatewayError('the gateway says nothing more of the run, which has not ended', {
        gatewayCode: 'run_lost',
      })
    this.#run.leave()
    return false
  }
}

function reasonOf(reason: unknown): string {
  return reason instanceof Error && reason.name === 'AbortError' ? 'aborted' : String(reason)
}
