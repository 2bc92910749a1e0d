import type { JsonValue } from '@pincer/protocol'
import { convertToolContent } from './convert-tool-output.ts'

/** What `tools.invoke` said. */
export type ToolAnswer =
  | { readonly status: 'ok'; readonly output: JsonValue }
  | { readonly status: 'requires_approval' | 'blocked' | 'not_found'; readonly message: string }
  | { readonly status: 'error'; readonly message: string; readonly code: string }

/** Reads the answer of `tools.invoke`. */
export function parseToolAnswer(payload: any): ToolAnswer {
  if (payload?.ok === true) {
    const { output } = payload
    return {
      status: 'ok',
      output: Array.isArray(output?.content) ? convertToolContent(output.content) : (output ?? null),
    }
  }
  const code = String(payload?.error?.code ?? 'tool_error')
  const message = String(payload?.error?.message ?? 'the tool failed and gave no reason')
  if (payload?.requiresApproval === true || code === 'requires_approval')
    return { status: 'requires_approval', message }
  if (code === 'forbidden') return { status: 'blocked', message }
  if (code === 'not_found') return { status: 'not_found', message }
  return { status: 'error', message, code }
}
