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
  /** `isForAction`: the run ends with the first action that is started under it. */
  run(options: RunOptions, parent?: Handle, isForAction?: boolean): Run
  modelCall(options: ModelCallOptions, parent: Handle): ModelCall
  toolCall(options: ToolCallOptions, parent: Handle): ToolCall
  retrieval(options: RetrievalOptions, parent: Handle): Retrieval
}

/** What the handles of one client share. */
export interface Services {
  readonly clock: Clock
  readonly random: () => number
  readonly capture: Capture
  readonly record: Recorder
  readonly openHandles: OpenHandles
  readonly context: ContextCarrier | undefined
  readonly guardGate: LazyGuardGate
  readonly make: Makers
  readonly recordOutputs: boolean
  readonly recordDeltas: boolean
  newId(): string
  report(error: unknown, where: string): void
}
