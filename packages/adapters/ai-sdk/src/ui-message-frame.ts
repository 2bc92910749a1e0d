import type { RunStatus } from '@pincer/protocol'

import type { RunAccount } from './run-account.ts'
import type { ClawMessageMetadata } from './ui-message-metadata.ts'
import type { ClawUIChunk, UIStepWriter } from './ui-step-writer.ts'

/** Where a message stands in the events of its run. */
type Place = Pick<ClawMessageMetadata, 'runId' | 'seq' | 'ts'>

type Finish = Extract<ClawUIChunk, { type: 'finish' }>

/** Writes what stands around the steps of a message: its start, its end, and what it tells of its run. */
export class UIMessageFrame {
  readonly #writer: UIStepWriter
  readonly #account: RunAccount
  #known: ClawMessageMetadata = {}

  constructor(writer: UIStepWriter, account: RunAccount) {
    this.#writer = writer
    this.#account = account
  }

  /** Where the message stands by now. */
  get place(): Place {
    const { runId, seq, ts } = this.#known
    return {
      ...(runId !== undefined && { runId }),
      ...(seq !== undefined && { seq }),
      ...(ts !== undefined && { ts }),
    }
  }

  /** What the message tells of its run by now. */
  get metadata(): ClawMessageMetadata {
    const { usage } = this.#account
    return {
      ...this.#known,
      ...(usage !== undefined && { usage }),
      ...(usage?.costUsd !== undefined && { costUsd: usage.costUsd }),
    }
  }

  begin(messageId: string | undefined, known: ClawMessageMetadata): void {
    this.#known = known
    this.#writer.send({
      type: 'start',
      ...(messageId !== undefined && { messageId }),
      messageMetadata: known,
    })
  }

  /** Notes what is known of the run. */
  note(known: ClawMessageMetadata): void {
    this.#known = { ...this.#known, ...known }
  }

  /** Ends the message with how its run stands. */
  close(
    status: RunStatus,
    stopReason: string | undefined,
    finishReason: NonNullable<Finish['finishReason']>,
  ): void {
    this.note({ status, ...(stopReason !== undefined && { stopReason }) })
    this.finish(finishReason)
  }

  /** Ends the message with an error. */
  fail(errorText: string): void {
    // A reader stops at the error, so that what is known comes before it.
    this.#writer.send({ type: 'message-metadata', messageMetadata: this.metadata })
    this.#writer.send({ type: 'error', errorText })
    this.#writer.send({ type: 'finish', finishReason: 'error' })
  }

  /** Says that the message was cut short; its end follows. */
  interrupt(reason: string): void {
    this.#writer.send({ type: 'abort', reason })
  }

  finish(finishReason: NonNullable<Finish['finishReason']>): void {
    this.#writer.send({ type: 'finish', finishReason, messageMetadata: this.metadata })
  }
}
