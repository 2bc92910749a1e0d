import type { Capture } from './capture.ts'
import type { Clock } from './clock.ts'
import type { ContextCarrier } from './context.ts'
import type { Handle } from './handle.ts'
import type { LazyGuardGate } from './lazy-guard-gate.ts'
import type { ModelCall, ModelCallOptions } from './model-call.ts'
import type { OpenHandles } from './open-handles.ts'
import type { Recorder } from './recorder.ts'
import type { Retrieval, RetrievalOptions } from './retrieval.ts'
import type { Run, RunOptions } from './run.ts'
import type { ToolCall, ToolCallOptions } from './tool-call.ts'

/** Makes handles; given to the handles themselves so that they need not import each other. */
export interface Makers {
  run(options: RunOptions, parent?: Handle): Run
  modelCall(options: ModelCallOptions, parent: Handle, ownsRun?: boolean): ModelCall
  toolCall(options: ToolCallOptions, parent: Handle, ownsRun?: boolean): ToolCall
  retrieval(options: RetrievalOptions, parent: Handle, ownsRun?: boolean): Retrieval
}

/** What the handles of one client share. */
export interface Services {
  readonly clock: Clock
  readonly capture: Capture
  readonly recorder: Recorder
  readonly openHandles: OpenHandles
  readonly context: ContextCarrier | undefined
  readonly guardGate: LazyGuardGate
  readonly make: Makers
  readonly recordInputs: boolean
  readonly recordOutputs: boolean
  readonly recordDeltas: boolean
  newId(): string
  report(error: unknown, where: string): void
}
