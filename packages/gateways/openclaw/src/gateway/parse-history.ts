import type { JsonValue, SessionMessage } from '@pincer/protocol'
import { convertToolText } from './convert-tool-output.ts'

/** One page of `chat.history`, newest page first. */
export interface HistoryPage {
  readonly rows: readonly unknown[]
  /** How many messages lie before the next older page. */
  readonly next?: number
}

/** Reads one page of `chat.history`. */
export function parseHistoryPage(payload: any): HistoryPage {
  const rows = Array.isArray(payload?.messages) ? payload.messages : []
  return payload?.hasMore === true && Number.isInteger(payload.nextOffset)
    ? { rows, next: payload.nextOffset }
    : { rows }
}

/**
 * Reads rows of a transcript as messages.
 *
 * The Gateway shows what a model said before a tool call as a row of its own, under the id of the row with the call: they are one message.
 */
export function parseMessages(rows: readonly any[]): SessionMessage[] {
  const messages: SessionMessage[] = []
  let lastId: unknown
  for (const row of rows) {
    const message = parseMessage(row)
    if (message === undefined) continue
    const id = row.__openclaw?.id
    const last = messages.at(-1)
    if (id !== undefined && id === lastId && last?.role === message.role) {
      messages[messages.length - 1] = joinMessages(last, message)
    } else messages.push(message)
    lastId = id
  }
  return messages
}

function parseMessage(row: any): SessionMessage | undefined {
  const parts: readonly any[] =
    typeof row?.content === 'string' ? [{ type: 'text', text: row.content }] : (row?.content ?? [])
  if (!Array.isArray(parts)) return undefined
  const texts = parts.flatMap((part) =>
    part?.type === 'text' && typeof part.text === 'string' ? [part.text] : [],
  )
  const text = texts.join('\n')
  const common = {
    ...(typeof row.timestamp === 'number' ? { ts: row.timestamp } : {}),
    ...(typeof row.__openclaw?.runId === 'string' ? { runId: row.__openclaw.runId } : {}),
  }
  if (row.role === 'toolResult') {
    const output: JsonValue = texts.length === parts.length ? convertToolText(texts) : parts
    return { role: 'tool', toolCallId: String(row.toolCallId ?? ''), output, ...common }
  }
  if (row.role === 'user' || row.role === 'system') return { role: row.role, text, ...common }
  if (row.role !== 'assistant') return undefined
  const toolCalls = parts.flatMap((part) =>
    part?.type === 'toolCall' && typeof part.name === 'string'
      ? [{ toolCallId: String(part.id ?? ''), name: part.name, input: part.arguments ?? null }]
      : [],
  )
  return {
    role: 'assistant',
    ...(text === '' && toolCalls.length > 0 ? {} : { text }),
    ...(toolCalls.length > 0 ? { toolCalls } : {}),
    ...common,
  }
}

function joinMessages(first: SessionMessage, second: SessionMessage): SessionMessage {
  const texts = [first.text, second.text].filter((text) => text !== undefined && text !== '')
  const text = texts[0] === texts[1] ? texts[0] : texts.join('\n\n')
  const toolCalls = [...(first.toolCalls ?? []), ...(second.toolCalls ?? [])]
  return {
    ...first,
    ...second,
    ...(text === undefined || text === '' ? {} : { text }),
    ...(toolCalls.length > 0 ? { toolCalls } : {}),
  }
}
