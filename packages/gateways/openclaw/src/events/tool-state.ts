import type { GatewayEvent } from '@pincer/protocol'

/** How a tool call's approval stands; `answered` where the Gateway said that it was decided, but not how. */
type ToolApproval = 'none' | 'pending' | 'answered' | 'approved' | 'denied'

/** What the normalizer remembers of one tool call that is open: the sum of what the Gateway's three families say. */
export interface ToolState {
  readonly toolCallId: string
  name: string
  input: unknown
  /** True once `tool.call.started` was told. */
  started: boolean
  /** What is held back until the next frame completes it. */
  held: 'nothing' | 'start' | 'end'
  /** The frame that the held event came from, and its time. */
  frame: GatewayEvent
  ts: number
  /** True once a frame of the `tool` stream came, which carries arguments and results. */
  detailed: boolean
  hasResult: boolean
  result: unknown
  failed: boolean
  blocked: boolean
  error: string | undefined
  /** True where the call runs a command, whose output comes in frames of its own. */
  runsCommand: boolean
  /** What the command has written so far. */
  output: string
  /** Epoch milliseconds. */
  startedAt: number
  durationMs: number | undefined
  approvalId: string | undefined
  approval: ToolApproval
}

/** Makes the state of a tool call of which one frame was seen. */
export function createToolState(
  toolCallId: string,
  name: string,
  frame: GatewayEvent,
  ts: number,
): ToolState {
  return {
    toolCallId,
    name,
    input: undefined,
    started: false,
    held: 'nothing',
    frame,
    ts,
    detailed: false,
    hasResult: false,
    result: undefined,
    failed: false,
    blocked: false,
    error: undefined,
    runsCommand: false,
    output: '',
    startedAt: ts,
    durationMs: undefined,
    approvalId: undefined,
    approval: 'none',
  }
}
