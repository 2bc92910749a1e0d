import type { Action, ModelCall, ModelCallOptions, Parent } from '@pincer/core'

import type { Part, PartKind } from './convert-part.ts'
import type { RecordedModels } from './exporter-models.ts'

/** A part of a Mastra trace, and what it is recorded as. */
export class Entry {
  readonly part: Part
  readonly kind: PartKind
  readonly parent: Entry | undefined
  /** What it is recorded as where other things can stand under it. */
  handle: Parent | undefined
  /** What it is recorded as where it is a step. */
  action: Action | undefined
  /** The request that is made in this step of a model, under which stands what the model does itself. */
  request: ModelCall | undefined
  /** How that request was started. */
  asked: ModelCallOptions | undefined
  /** What is known of the models of a run. */
  models: RecordedModels | undefined
  /** True where requests were told in this generation. */
  hasRequests = false
  /** True once something ran inside the request, which the gateway's own agents then know as their parent. */
  wasEntered = false
  /** Epoch milliseconds; absent while it is open. */
  endedAt: number | undefined

  constructor(part: Part, kind: PartKind, parent: Entry | undefined) {
    this.part = part
    this.kind = kind
    this.parent = parent
  }

  /** The nearest part, this one or above it, for which a test holds. */
  nearest(test: (entry: Entry) => boolean): Entry | undefined {
    return test(this) ? this : this.parent?.nearest(test)
  }

  /** What things in this part stand under. */
  get place(): Parent | undefined {
    return this.nearest(({ handle }) => handle !== undefined)?.handle
  }
}
