import type { Capture } from './capture.ts'
import type { Clock } from './clock.ts'
import type { ContextCarrier } from './context.ts'
import type { LazyGuardGate } from './lazy-guard-gate.ts'
import type { ModelCall } from './model-call.ts'
import type { OpenHandles } from './open-handles.ts'
import type { Recorder } from './recorder.ts'
import type { Retrieval } from './retrieval.ts'
import type { Run, RunOptions } from './run.ts'
import type { ToolCall } from './tool-call.ts'

/** What the handles of one client share. */
export interface Services {
  readonly clock: Clock
  readonly capture: Capture
  readonly record: Recorder
  readonly openHandles: OpenHandles
  readonly context: ContextCarrier | undefined
  readonly guardGate: LazyGuardGate
  // The handles make each other, and need not import each other for it.
  readonly Run: typeof Run
  readonly ModelCall: typeof ModelCall
  readonly ToolCall: typeof ToolCall
  readonly Retrieval: typeof Retrieval
  /** The client's own, for runs that name no other. */
  readonly agentId: string | undefined
  readonly sessionKey: string | undefined
  readonly recordOutputs: boolean
  readonly recordDeltas: boolean
  newId(): string
  /** Decides whether a run without a parent is recorded. */
  samples(run: RunOptions): boolean
  report(error: unknown, where: string): void
}
