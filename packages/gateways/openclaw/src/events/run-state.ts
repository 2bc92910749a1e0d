import type { ClawEvent, GatewayEvent } from '@pincer/protocol'
import type { ToolState } from './tool-state.ts'

/** What the normalizer remembers of one run that is open. */
export interface RunState {
  runId: string
  /** Position of the last event that was told. */
  seq: number
  /** The `run.started` that was told; a log that begins later begins with it. */
  started: ClawEvent | undefined
  ended: boolean
  /** True where somebody asked for the run: it is never forgotten while it is open. */
  followed: boolean
  sessionKey: string | undefined
  agentId: string | undefined
  sessionId: string | undefined
  /** Epoch milliseconds, as the Gateway said. */
  startedAt: number | undefined
  /** True once a frame of the `agent` family came: what the `chat` family repeats is dropped from then on. */
  agentTold: boolean
  /** The assistant message that is being written. */
  itemId: string | undefined
  text: string
  /** The last message that was finished, for the run's output. */
  lastText: string | undefined
  /** Texts of the last few finished messages, to know late or repeated frames by. */
  readonly finishedItems: Map<string, string>
  /** The thoughts of the model so far, as the Gateway sums them up. */
  thinking: string
  /** Tool calls that have not ended. */
  readonly tools: Map<string, ToolState>
  /** Ids of the tool calls that ended last. */
  readonly endedTools: Set<string>
  /** Tool calls of which a start or an end is held back until the next frame completes it. */
  readonly heldTools: Set<ToolState>
  /** Approvals that are open, by id. */
  readonly approvals: Set<string>
  /** An end that the `chat` family told first, kept for the better one of the `agent` family that follows it. */
  abort: { readonly frame: GatewayEvent; readonly ts: number; framesLeft: number } | undefined
}

/** Makes the state of a run of which nothing is known yet. */
export function createRunState(runId: string): RunState {
  return {
    runId,
    seq: 0,
    started: undefined,
    ended: false,
    followed: false,
    sessionKey: undefined,
    agentId: undefined,
    sessionId: undefined,
    startedAt: undefined,
    agentTold: false,
    itemId: undefined,
    text: '',
    lastText: undefined,
    finishedItems: new Map(),
    thinking: '',
    tools: new Map(),
    endedTools: new Set(),
    heldTools: new Set(),
    approvals: new Set(),
    abort: undefined,
  }
}
