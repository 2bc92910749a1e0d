import { type ClawEvent, type ErrorInfo, GatewayError, type ToolCallRequest } from '@pincer/protocol'
import type { UIMessage } from 'ai'

import { RunAccount } from './run-account.ts'
import { toRunEnd } from './stream-finish.ts'
import { toQuestion } from './stream-metadata.ts'
import { UIMessageFrame } from './ui-message-frame.ts'
import { type ClawUIChunk, UIStepWriter } from './ui-step-writer.ts'
import { UIText } from './ui-text.ts'
import { UITools } from './ui-tools.ts'

/** What a {@link UIRunWriter} shows, and how it words it. */
export interface UIRunWriterOptions {
  readonly sendReasoning: boolean
  /** Says what went wrong with the run. */
  readonly errorText: (error: unknown) => string
}

/** Writes one run as the pieces of a message: takes its events, gives what they change. */
export class UIRunWriter {
  readonly tools: UITools
  readonly writer: UIStepWriter = new UIStepWriter()
  readonly #options: UIRunWriterOptions
  readonly #text: UIText = new UIText(this.writer)
  readonly #account = new RunAccount()
  readonly #frame: UIMessageFrame = new UIMessageFrame(this.writer, this.#account)
  #hasToolAnswer = false
  #hasEnded = false

  constructor(options: UIRunWriterOptions) {
    this.#options = options
    this.tools = new UITools({ writer: this.writer, metadata: () => this.#frame.place })
  }

  /** True once the run has ended. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Opens the message. */
  begin(messageId: string | undefined, known: { readonly runId?: string; readonly agentId?: string }): void {
    this.#frame.begin(messageId, known)
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
    this.#frame.note({
      ts,
      ...(seq !== undefined && { seq }),
      ...(agentId !== undefined && { agentId }),
    })
    this.#account.take(event)
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
    this.#text.close()
    this.writer.endStep()
    this.#frame.close('paused', undefined, 'tool-calls')
  }

  /** Ends the message because of an error that is none of the run's. */
  breakOff(error: unknown): void {
    this.#endSteps(false)
    this.#frame.fail(this.#options.errorText(error))
  }

  /** Ends the message because whoever asked for it wants no more. */
  abort(reason: string): void {
    this.#endSteps(false)
    this.#frame.interrupt(reason)
    this.#frame.finish('interrupted')
  }

  /** Ends the message where the events end, but not the run. */
  leave(): void {
    this.#endSteps(false)
    this.#frame.finish('other')
  }

  /** Ends the message with the end of the run; `calls` are those that the caller is to make. */
  end(event: ClawEvent, calls: readonly ToolCallRequest[] = []): void {
    switch (event.type) {
      case 'run.completed': {
        this.tools.handOver(calls)
        this.#endSteps(true)
        const { stopReason = 'stop' } = event.data
        const result = { runId: '', status: 'completed' as const, stopReason, toolCalls: calls }
        this.#frame.close('completed', stopReason, toRunEnd(result, '', undefined).finishReason.unified)
        break
      }
      case 'run.cancelled':
      case 'run.timed_out': {
        const status = event.type === 'run.cancelled' ? 'cancelled' : 'timed_out'
        this.#endSteps(true)
        this.#frame.interrupt(event.data.reason ?? status)
        this.#frame.close(status, event.data.reason, 'interrupted')
        break
      }
      case 'run.failed':
        this.#endSteps(true)
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
          providerMetadata: { pincer: { ...this.#frame.place, question: toQuestion(event.data) } },
        })
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
      case 'model.call.failed':
      case 'guard.decided':
      case 'usage.reported':
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

  #fail({ message, status, code }: ErrorInfo): void {
    const { refusal } = this.#account
    // Blocked or denied before the model was asked: nothing failed, the run was not let.
    if (refusal !== undefined)
      return this.#frame.close('failed', refusal.reason ?? refusal.outcome, 'content-filter')
    this.#frame.note({ status: 'failed' })
    const failure = new GatewayError(message, {
      ...(status !== undefined && { status }),
      ...(code !== undefined && { gatewayCode: code }),
    })
    this.#frame.fail(this.#options.errorText(failure))
  }
}
