import type { JsonValue } from './json.ts'

/** One conversation; holds many runs. */
export interface Session {
  readonly sessionKey: string
  readonly agentId?: string
  readonly label?: string
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Epoch milliseconds. */
  readonly updatedAt: number
  readonly messageCount: number
}

/** One message of a session's history. */
export interface SessionMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly text?: string
  /** Calls that an assistant message makes. */
  readonly toolCalls?: readonly {
    readonly toolCallId: string
    readonly name: string
    readonly input: JsonValue
  }[]
  /** The call that a tool message answers. */
  readonly toolCallId?: string
  /** What a tool message answers. */
  readonly output?: JsonValue
  /** Epoch milliseconds. */
  readonly ts?: number
  readonly runId?: string
}
