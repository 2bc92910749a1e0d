import { addUsage, type ClawEvent, emptyUsage, type Usage } from '@pincer/protocol'

/** What the guard, or a person, did not let the agent do. */
export interface Refusal {
  readonly outcome: 'blocked' | 'denied'
  /** The words of the guard or the person. */
  readonly reason: string | undefined
  /** What the gateway says of it. */
  readonly message: string
}

/** Adds up what the model calls of a run use, and knows which of them was refused, from the events of the run. */
export class RunAccount {
  #usage: Usage | undefined
  #refusal: Refusal | undefined
  #reason: string | undefined

  /** Sum over the model calls so far; absent where none was reported. */
  get usage(): Usage | undefined {
    return this.#usage
  }

  /** Why the last model call was not made; only that one ends the run. */
  get refusal(): Refusal | undefined {
    return this.#refusal
  }

  take(event: ClawEvent): void {
    switch (event.type) {
      case 'usage.reported':
        this.#usage = addUsage(this.#usage ?? emptyUsage, event.data)
        break
      case 'model.call.started':
        this.#refusal = this.#reason = undefined
        break
      case 'guard.decided':
        if (event.data.kind === 'model_call') this.#reason = event.data.reason
        break
      case 'approval.resolved':
        if (event.data.status === 'denied') this.#reason = event.data.reason
        break
      case 'model.call.failed': {
        const { outcome, error } = event.data
        const isRefused = outcome === 'blocked' || outcome === 'denied'
        this.#refusal = isRefused ? { outcome, reason: this.#reason, message: error.message } : undefined
      }
    }
  }
}
