import type { Capture } from './capture.ts'
import type { Clock } from './clock.ts'
import type { ContextCarrier } from './context.ts'
import type { GuardGate } from './guard-gate.ts'
import type { Handle } from './handle.ts'
import type { ModelCall, ModelCallOptions } from './model-call.ts'
import type { OpenHandles } from './open-handles.ts'
import type { Recorder } from './recorder.ts'
import type { Retrieval, RetrievalOptions } from './retrieval.ts'
import type { Run, RunOptions } from './run.ts'
import type { ToolCall, ToolCallOptions } from './tool-call.ts'

/** Makes handles; given to the handles themselves so that they need not import each other. */
export interface Makers {
  run(parent: Handle | undefined, options: RunOptions): Run
  modelCall(parent: Handle, options: ModelCallOptions): ModelCall
  toolCall(parent: Handle, options: ToolCallOptions): ToolCall
  retrieval(parent: Handle, options: RetrievalOptions): Retrieval
}

/** What the handles of one client share. */
export interface Services {
  readonly clock: Clock
  readonly capture: Capture
  readonly recorder: Recorder
  readonly openHandles: OpenHandles
  readonly context: ContextCarrier | undefined
  readonly guardGate: GuardGate
  readonly make: Makers
  readonly recordInputs: boolean
  readonly recordOutputs: boolean
  readonly recordDeltas: boolean
  newId(): string
  report(error: unknown, where: string): void
}
