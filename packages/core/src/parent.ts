import type { ModelCall } from './model-call.ts'
import type { Retrieval } from './retrieval.ts'
import type { Run } from './run.ts'
import type { ToolCall } from './tool-call.ts'

/** A step inside a run: a model call, a tool call or a retrieval. */
export type Action = ModelCall | ToolCall | Retrieval

/** What a new run or action can be started under. */
export type Parent = Run | Action
