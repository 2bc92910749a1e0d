import type { Risk } from './approval.ts'
import type { ErrorInfo } from './event.ts'
import type { JsonObject, JsonValue } from './json.ts'

/** A tool as a gateway or a caller describes it. */
export interface ToolDescription {
  readonly name: string
  readonly description?: string
  /** JSON Schema of the arguments. */
  readonly inputSchema?: JsonObject
  readonly risk?: Risk
  /** Where it comes from, such as `process` or the name of an MCP server. */
  readonly source?: string
}

/** How a tool is called. */
export interface ToolInvocation {
  readonly input?: JsonValue
  /** Id of the call; made by the gateway when absent. */
  readonly toolCallId?: string
  readonly sessionKey?: string
  readonly agentId?: string
  readonly runId?: string
  /** An approval that was already given for exactly this call. */
  readonly approvalId?: string
}

/** What came of calling a tool; refusals are answers, not exceptions. */
export type ToolResult =
  | { readonly status: 'ok'; readonly toolCallId: string; readonly output: JsonValue }
  | { readonly status: 'error'; readonly toolCallId: string; readonly error: ErrorInfo }
  | { readonly status: 'blocked'; readonly toolCallId: string; readonly reason: string }
  | {
      readonly status: 'approval_required'
      readonly toolCallId: string
      readonly approvalId: string
      readonly reason?: string
    }
