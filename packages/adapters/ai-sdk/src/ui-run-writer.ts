import {
  addUsage,
  type ClawEvent,
  emptyUsage,
  type ErrorInfo,
  GatewayError,
  type GuardDecidedData,
  type QuestionRequestedData,
  type RunStatus,
  type ToolCallRequest,
  type Usage,
} from '@pincer/protocol'
import type { UIMessage } from 'ai'

import { toRunEnd } from './stream-finish.ts'
import type { ClawMessageMetadata } from './ui-message-metadata.ts'
import { type ClawUIChunk, UIStepWriter } from './ui-step-writer.ts'
import { UIText } from './ui-text.ts'
import { UITools } from './ui-tools.ts'

/** What a {@link UIRunWriter} shows, and how it words it. */
export interface UIRunWriterOptions {
  readonly sendReasoning: boolean
  /** Says what went wrong with the run. */
  readonly errorText: (error: unknown) => string
}

// Blocked or denied before the model was asked: nothing failed, the run was not let.
const refusals: ReadonlySet<string> = new Set(['blocked', 'denied'])

/** Writes one run as the pieces of a message: takes its events, gives what they change. */
export class UIRunWriter {
  readonly tools: UITools
  readonly writer: UIStepWriter = new UIStepWriter()
  readonly #options: UIRunWriterOptions
  readonly #text: UIText
  #metadata: ClawMessageMetadata = {}
  #usage: Usage | undefined
  #decision: GuardDecidedData | undefined
  #refusal: string | undefined
  #hasToolAnswer = false
  #hasEnded = false

  constructor(options: UIRunWriterOptions) {
    this.#options = options
    this.#text = new UIText(this.writer)
    this.tools = new UITools({
      writer: this.writer,
      metadata: () => this.#place,
    })
  }

  get #place(): { runId?: string; seq?: number; ts?: number } {
    const { runId, seq, ts } = this.#metadata
    return {
      ...(runId !== undefined && { runId }),
      ...(seq !== undefined && { seq }),
      ...(ts !== undefined && { ts }),
    }
  }

  /** True once the run has ended. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** What the message tells of its run by now. */
  get metadata(): ClawMessageMetadata {
    const { costUsd } = this.#usage ?? {}
    return {
      ...this.#metadata,
      ...(this.#usage !== undefined && { usage: this.#usage }),
      ...(costUsd !== undefined && { costUsd }),
    }
  }

  /** Opens the message. */
  begin(messageId: string | undefined, known: { readonly runId?: string; readonly agentId?: string }): void {
    const { runId, agentId } = known
    this.#metadata = { ...(runId !== undefined && { runId }), ...(agentId !== undefined && { agentId }) }
    this.writer.send({
      type: 'start',
      ...(messageId !== undefined && { messageId }),
      messageMetadata: this.#metadata,
    })
  }

  /** Knows what an earlier answer showed; call {@link leaveEarlier} once its events were taken. */
  continueEarlier(message: UIMessage): void {
    this.tools.continueEarlier(message)
  }

  /** Forgets what was written for events that the reader was told of before. */
  leaveEarlier(): void {
    this.#text.close()
    this.#text.continueEarlier()
    this.writer.continueEarlier()
  }

  /** Takes an event; one that an earlier answer has told of only where it bears on what follows. */
  take(event: ClawEvent, isTold = false): void {
    if (this.#hasEnded) return
    const { seq, ts, agentId } = event
    this.#metadata = {
      ...this.#metadata,
      ts,
      ...(seq !== undefined && { seq }),
      ...(agentId !== undefined && { agentId }),
    }
    // What became of the tools stands in the message itself.
    if (!(isTold && /^(?:tool|approval|question)\./.test(event.type))) this.#convert(event)
  }

  /** Shows a part that an event does not hold. */
  show(part: ClawUIChunk): void {
    this.#text.close()
    this.writer.write(part)
  }

  /** Ends the message where it asks a person. */
  pause(): void {
    this.tools.showEarly()
    this.#close('paused', undefined, { type: 'finish', finishReason: 'tool-calls' })
  }

  /** Ends the message because of an error that is none of the run's. */
  breakOff(error: unknown): void {
    this.#endSteps(false)
    this.writer.send({ type: 'message-metadata', messageMetadata: this.metadata })
    this.writer.send({ type: 'error', errorText: this.#options.errorText(error) })
    this.writer.send({ type: 'finish', finishReason: 'error' })
  }

  /** Ends the message because whoever asked for it wants no more. */
  abort(reason: string): void {
    this.#endSteps(false)
    this.writer.send({ type: 'abort', reason })
    this.writer.send({ type: 'finish', finishReason: 'interrupted', messageMetadata: this.metadata })
  }

  /** Ends the message where the events end, but not the run. */
  leave(): void {
    this.#endSteps(false)
    this.writer.send({ type: 'finish', finishReason: 'other', messageMetadata: this.metadata })
  }

  /** Ends the message with the end of the run; `calls` are those that the caller is to make. */
  end(event: ClawEvent, calls: readonly ToolCallRequest[] = []): void {
    switch (event.type) {
      case 'run.completed': {
        this.tools.handOver(calls)
        const { stopReason = 'stop' } = event.data
        const result = { runId: '', status: 'completed' as const, stopReason, toolCalls: calls }
        const { unified } = toRunEnd(result, '', undefined).finishReason
        this.#close('completed', stopReason, { type: 'finish', finishReason: unified })
        break
      }
      case 'run.cancelled':
      case 'run.timed_out': {
        const status = event.type === 'run.cancelled' ? 'cancelled' : 'timed_out'
        this.#endSteps(true)
        this.writer.send({ type: 'abort', reason: event.data.reason ?? status })
        this.#close(status, event.data.reason, { type: 'finish', finishReason: 'interrupted' })
        break
      }
      case 'run.failed':
        this.#fail(event.data.error)
        break
    }
  }

  #convert(event: ClawEvent): void {
    switch (event.type) {
      case 'assistant.delta':
        this.#speak()
        this.#text.delta('text', event.data)
        break
      case 'assistant.message':
        this.#text.message(event.data)
        break
      case 'thinking.delta':
        if (!this.#options.sendReasoning) break
        this.#speak()
        this.#text.delta('reasoning', event.data)
        break
      case 'model.call.started':
        // A model call inside a tool is a matter of the tool.
        if (event.data.parentActionId === undefined && this.writer.hasContent) this.#nextStep()
        break
      case 'model.call.failed':
        if (refusals.has(event.data.outcome)) this.#refusal = this.#decision?.reason ?? event.data.outcome
        break
      case 'tool.call.started':
        this.#text.close()
        this.tools.start(event.data)
        break
      case 'tool.call.delta':
        this.tools.progress(event.data)
        break
      case 'tool.call.completed':
        this.#text.close()
        this.tools.complete(event.data)
        this.#hasToolAnswer = true
        break
      case 'tool.call.failed':
        this.#text.close()
        this.tools.fail(event.data)
        this.#hasToolAnswer = true
        break
      case 'approval.requested':
        this.#text.close()
        this.tools.ask(event.data)
        break
      case 'approval.resolved':
        this.tools.resolve(event.data)
        break
      case 'question.requested':
        // It is answered on the gateway; what is answered follows in words.
        this.#text.close()
        this.writer.write({
          type: 'custom',
          kind: 'pincer.question',
          providerMetadata: { pincer: { ...this.#place, question: questionOf(event.data) } },
        })
        break
      case 'guard.decided':
        this.#decision = event.data
        break
      case 'usage.reported':
        this.#usage = addUsage(this.#usage ?? emptyUsage, event.data)
        break
      case 'run.completed':
      case 'run.failed':
      case 'run.cancelled':
      case 'run.timed_out':
        this.#hasEnded = true
        break
      // Told by what follows them, or nothing that a message could show.
      case 'question.answered':
      case 'run.created':
      case 'run.queued':
      case 'run.started':
      case 'model.call.completed':
      case 'retrieval.started':
      case 'retrieval.completed':
      case 'retrieval.failed':
      case 'artifact.created':
      case 'artifact.updated':
      case 'session.created':
      case 'session.updated':
      case 'session.compacted':
      case 'task.updated':
      case 'git.branch':
      case 'git.diff':
      case 'git.pr':
      case 'raw':
        break
      default:
        // Every type of the protocol has its place above; a newer gateway may know more.
        event satisfies never
    }
  }

  // Not every gateway tells of its model calls: an agent that speaks after a tool has answered has been asked again.
  #speak(): void {
    if (this.#hasToolAnswer) this.#nextStep()
  }

  #nextStep(): void {
    this.#text.endStep()
    this.writer.endStep()
    this.#hasToolAnswer = false
  }

  #endSteps(hasRunEnded: boolean): void {
    this.#text.close()
    this.tools.close(hasRunEnded)
    this.#nextStep()
  }

  #fail(error: ErrorInfo): void {
    if (this.#refusal !== undefined)
      return this.#close('failed', this.#refusal, { type: 'finish', finishReason: 'content-filter' })
    this.#metadata = { ...this.#metadata, status: 'failed' }
    this.#endSteps(true)
    // A reader stops at the error, so that what is known comes before it.
    this.writer.send({ type: 'message-metadata', messageMetadata: this.metadata })
    const { message, status, code } = error
    const failure = new GatewayError(message, {
      ...(status !== undefined && { status }),
      ...(code !== undefined && { gatewayCode: code }),
    })
    this.writer.send({ type: 'error', errorText: this.#options.errorText(failure) })
    this.writer.send({ type: 'finish', finishReason: 'error' })
  }

  #close(
    status: RunStatus,
    stopReason: string | undefined,
    finish: Extract<ClawUIChunk, { type: 'finish' }>,
  ): void {
    this.#metadata = { ...this.#metadata, status, ...(stopReason !== undefined && { stopReason }) }
    if (status === 'paused') {
      this.#text.close()
      this.writer.endStep()
    } else this.#endSteps(true)
    this.writer.send({ ...finish, messageMetadata: this.metadata })
  }
}

function questionOf({ questionId, text, options }: QuestionRequestedData) {
  return { questionId, text, ...(options !== undefined && { options: [...options] }) }
}
