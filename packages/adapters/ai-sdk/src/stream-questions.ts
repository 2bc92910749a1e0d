import type { ApprovalRequest, Gateway } from '@pincer/protocol'

import type { ApprovalMode } from './provider-options.ts'
import type { RunEvents } from './stream-events.ts'

// Questions that come together are asked together.
const togetherMs = 100
const longestTogetherMs = 500

/** What the questions of a step depend on. */
export interface StepQuestionsOptions {
  readonly gateway: Gateway
  readonly events: RunEvents
  readonly approvals: ApprovalMode
  /** Ids of the questions that were answered before the step began; absent where it is the first of its run. */
  readonly settled: readonly string[] | undefined
}

/** The questions to people that one step tells, and whether the step ends with them. */
export class StepQuestions {
  readonly #options: StepQuestionsOptions
  readonly #known: Set<string>
  readonly #open = new Set<string>()
  #askedAt = 0

  constructor(options: StepQuestionsOptions) {
    this.#options = options
    this.#known = new Set(options.settled)
  }

  /** A question that waits for an answer. */
  get open(): string | undefined {
    return [...this.#open][0]
  }

  /** How many milliseconds to wait for further questions before the step ends; `undefined` where it does not end. */
  get waitMs(): number | undefined {
    const { approvals, gateway } = this.#options
    // Where nobody could answer through us, somebody else has to.
    const isPausing = this.#open.size > 0 && approvals === 'pause' && gateway.approvals !== undefined
    if (!isPausing) return undefined
    return Math.min(togetherMs, Math.max(longestTogetherMs - (performance.now() - this.#askedAt), 0))
  }

  /** Takes a question; false where it was told before, or is no longer open. */
  async ask({ approvalId }: ApprovalRequest): Promise<boolean> {
    if (this.#known.has(approvalId)) return false
    this.#known.add(approvalId)
    if (!(await this.#isPending(approvalId))) return false
    if (this.#open.size === 0) this.#askedAt = performance.now()
    this.#open.add(approvalId)
    return true
  }

  resolve(approvalId: string): void {
    this.#open.delete(approvalId)
  }

  // Only a run that was taken up again tells of old questions.
  async #isPending(approvalId: string): Promise<boolean> {
    const { gateway, events, settled } = this.#options
    if (settled === undefined) return true
    const known = await gateway.approvals?.get(approvalId, { signal: events.signal }).catch(() => {
      events.throwIfStopped()
      // Whoever answers an old one is told so.
      return { status: 'pending' }
    })
    return known?.status === 'pending'
  }
}
