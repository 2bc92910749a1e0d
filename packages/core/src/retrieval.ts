import { ActionHandle } from './action.ts'
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

/** One look-up of documents. */
export class Retrieval extends ActionHandle<RetrievalResult> {
  readonly kind = 'retrieval'
  /** @internal */
  protected override readonly family = 'retrieval'

  /** @internal */
  constructor(services: Services, parent: Handle, options: RetrievalOptions, ownsRun?: boolean) {
    super(services, parent, ownsRun, options.actionId)
    this.open(parent, () => ({
      name: services.capture.text(options.name),
      query: this.captureInput(options.query),
    }))
  }

  /** @internal */
  protected override describe(result: RetrievalResult | undefined): object {
    return { documents: this.captureOutput(result?.documents) }
  }
}
