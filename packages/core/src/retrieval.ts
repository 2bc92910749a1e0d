import type { RetrievalCompletedData, RetrievalFailedData, RetrievalStartedData } from '@pincer/protocol'

import { ActionHandle, parentActionId } from './action.ts'
import { isAbort } from './error-info.ts'
import type { Handle } from './handle.ts'
import type { Run } from './run.ts'
import type { Services } from './services.ts'

/** How a retrieval is started. */
export interface RetrievalOptions {
  /** Name of the retriever or index. */
  readonly name: string
  readonly query?: unknown
  /** Own id; made when absent. */
  readonly actionId?: string
}

/** One look-up of documents; ends exactly once. */
export class Retrieval extends ActionHandle {
  readonly kind = 'retrieval'

  /** @internal */
  constructor(services: Services, parent: Handle, run: Run, ownsRun: boolean, options: RetrievalOptions) {
    super(services, parent, run, options.actionId, ownsRun)
    if (!this.recorded) return
    this.emit('retrieval.started', {
      name: services.capture.text(options.name),
      query: this.captureInput(options.query),
      parentActionId: parentActionId(parent),
    } as RetrievalStartedData)
  }

  /** Ends the retrieval with what was found. */
  end(result: { readonly documents?: unknown } = {}): void {
    this.#complete('ok', undefined, result.documents)
  }

  /** Ends the retrieval with what went wrong; an abort is a cancellation, not a failure. */
  fail(error: unknown): void {
    if (isAbort(error)) return this.cancel()
    if (!this.finish()) return
    if (this.recorded) {
      const data: RetrievalFailedData = {
        outcome: 'error',
        error: this.captureError(error),
        durationMs: this.duration(),
      }
      this.emit('retrieval.failed', data)
    }
    this.ownRun?.fail(error)
  }

  /** Ends the retrieval because somebody stopped it; cancelled is not failed. */
  cancel(reason?: string): void {
    this.#complete('cancelled', reason)
  }

  /** @internal */
  override abandon(reason: string): void {
    this.#complete('abandoned', reason)
  }

  /** @internal */
  override closeWithParent(): void {
    this.abandon('its parent ended')
  }

  #complete(
    outcome: 'ok' | 'cancelled' | 'abandoned',
    reason: string | undefined,
    documents?: unknown,
  ): void {
    if (!this.finish()) return
    if (this.recorded) {
      this.emit('retrieval.completed', {
        outcome,
        documents: this.captureOutput(documents),
        durationMs: this.duration(),
        reason: this.captureReason(reason),
      } as RetrievalCompletedData)
    }
    if (outcome === 'ok') this.ownRun?.end()
    else if (outcome === 'cancelled') this.ownRun?.cancel(reason)
    else this.ownRun?.timeOut(reason)
  }
}
