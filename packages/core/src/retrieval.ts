import type { ActionOutcome } from '@pincer/protocol'

import { ActionHandle, actionTypes } from './action.ts'
import type { Handle } from './handle.ts'
import type { Services } from './services.ts'

/** How a retrieval is started. */
export interface RetrievalOptions {
  /** Name of the retriever or index. */
  readonly name: string
  readonly query?: unknown
  /** Own id; made when absent. */
  readonly actionId?: string
}

/** What is known when a retrieval ends. */
export interface RetrievalResult {
  readonly documents?: unknown
}

const types = actionTypes('retrieval')

/** One look-up of documents. */
export class Retrieval extends ActionHandle<RetrievalResult> {
  readonly kind = 'retrieval'

  /** @internal */
  constructor(services: Services, parent: Handle, options: RetrievalOptions) {
    super(services, parent, types, options.actionId)
    if (!this.recorded) return
    const { capture } = services
    this.emit(types.started, {
      name: capture.text(options.name),
      query: capture.input(options.query),
      parentActionId: parent.actionId,
    })
  }

  /** @internal */
  protected override describe(outcome: ActionOutcome, result: RetrievalResult | undefined): object {
    return { outcome, documents: this.services.capture.output(result?.documents) }
  }
}
