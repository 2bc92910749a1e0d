import type { UIMessageChunk } from 'ai'

import type { ClawMessageMetadata } from './ui-message-metadata.ts'

/** A piece of a message as it is sent. */
export type ClawUIChunk = UIMessageChunk<ClawMessageMetadata>

/** Writes the pieces of a message, each inside a step; what the step has shown can be written anew. */
export class UIStepWriter {
  #out: ClawUIChunk[] = []
  /** What the step shows, its pieces of text joined. */
  #shown: ClawUIChunk[] = []
  #isOpen = false
  #isContinued = false
  #number = 0

  /** Counts the steps; what was written under another number can no longer be taken back. */
  get number(): number {
    return this.#number
  }

  /** True where the step shows something. */
  get hasContent(): boolean {
    return this.#isContinued || this.#shown.length > 0
  }

  /** Writes a piece that is no part of a step. */
  send(chunk: ClawUIChunk): void {
    this.#out.push(chunk)
  }

  /** Writes a piece into the step, which begins with it where none is open. */
  write(chunk: ClawUIChunk): void {
    if (!this.#isOpen && !this.#isContinued) {
      this.#isOpen = true
      this.#out.push({ type: 'start-step' })
    }
    this.#out.push(chunk)
    this.#note(chunk)
  }

  /** Shows the step anew: `change` gives what becomes of each of its pieces. */
  rewrite(change: (chunk: ClawUIChunk) => ClawUIChunk | undefined): void {
    this.#shown = this.#shown.map(change).filter((chunk) => chunk !== undefined)
    this.#out.push({ type: 'reset-step' }, ...this.#shown)
  }

  /** Ends the step; the next piece begins another one. */
  endStep(): void {
    if (this.#isOpen) this.#out.push({ type: 'finish-step' })
    this.#isOpen = this.#isContinued = false
    this.#shown = []
    this.#number += 1
  }

  /** Begins another step where this one was begun by an earlier answer, since that cannot be shown anew. */
  leaveEarlierStep(): void {
    if (this.#isContinued) this.endStep()
  }

  /** Forgets what was written: the reader has it from an earlier answer, whose step goes on. */
  continueEarlier(): void {
    this.#out = []
    this.#isContinued = true
    this.#isOpen = false
    this.#shown = []
    this.#number += 1
  }

  /** Gives what was written since the last call. */
  take(): ClawUIChunk[] {
    const taken = this.#out
    this.#out = []
    return taken
  }

  /** Throws away what was written since the last call of {@link take}. */
  drop(): void {
    this.#out = []
  }

  #note(chunk: ClawUIChunk): void {
    const last = this.#shown.at(-1)
    if (
      (chunk.type === 'text-delta' || chunk.type === 'reasoning-delta') &&
      last?.type === chunk.type &&
      last.id === chunk.id
    )
      this.#shown[this.#shown.length - 1] = { ...last, delta: last.delta + chunk.delta }
    else if (chunk.type === 'tool-output-available') {
      // Tools that print side by side take turns; of each, only what it printed last is shown.
      const at = this.#shown.findLastIndex(
        (shown) => 'toolCallId' in shown && shown.toolCallId === chunk.toolCallId,
      )
      if (this.#shown[at]?.type === chunk.type) this.#shown[at] = chunk
      else this.#shown.push(chunk)
    } else this.#shown.push(chunk)
  }
}
