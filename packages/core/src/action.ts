import type { ClawEventData, ClawEventType, ErrorInfo, JsonValue } from '@pincer/protocol'

import { toErrorInfo } from './error-info.ts'
import { Handle } from './handle.ts'
import type { Run } from './run.ts'
import type { Services } from './services.ts'

/** What model calls, tool calls and retrievals have in common. */
export abstract class ActionHandle extends Handle {
  readonly actionId: string
  /** The run this belongs to. */
  readonly run: Run
  /** A run that was made for this action alone and ends with it. @internal */
  protected readonly ownRun: Run | undefined

  protected constructor(
    services: Services,
    parent: Handle,
    run: Run,
    actionId: string | undefined,
    ownsRun: boolean,
  ) {
    super(services, parent, run.identity)
    this.actionId = actionId ?? services.newId()
    this.run = run
    this.ownRun = ownsRun ? run : undefined
    services.openHandles.add(this)
  }

  override get isWaiting(): boolean {
    return this.run.isWaiting
  }

  protected emit<Type extends ClawEventType>(type: Type, data: ClawEventData[Type]): void {
    this.services.recorder.emit(this.identity, type, data, this.actionId)
  }

  protected get recorded(): boolean {
    return this.identity.recorded
  }

  protected captureInput(value: unknown): JsonValue | undefined {
    return this.services.recordInputs ? this.services.capture.value(value) : undefined
  }

  protected captureOutput(value: unknown): JsonValue | undefined {
    return this.services.recordOutputs ? this.services.capture.value(value) : undefined
  }

  protected captureReason(reason: string | undefined): string | undefined {
    return reason === undefined ? undefined : this.services.capture.text(reason)
  }

  protected captureError(error: unknown): ErrorInfo {
    return toErrorInfo(error, (text) => this.services.capture.text(text))
  }
}

/** The id of the action that something is started under, where it is one. */
export function parentActionId(parent: Handle): string | undefined {
  return parent instanceof ActionHandle ? parent.actionId : undefined
}

/** The run that something is started under. */
export function runOf(parent: Handle): Run {
  return parent instanceof ActionHandle ? parent.run : (parent as Run)
}
