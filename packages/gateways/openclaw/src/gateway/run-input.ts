import { GatewayError, type SessionMessage } from '@pincer/protocol'

/** What a run is started with over the WebSocket. */
export interface RunInput {
  /** What the user says. */
  readonly input: string
  /** What the agent is told besides. */
  readonly extraSystemPrompt?: string
}

/**
 * Turns the input of a run into one message and what the agent is told besides.
 *
 * OpenClaw takes one message of the user per run. In a session that is what was said last: what came before stands in its transcript. Without
 * a session the earlier messages are told to the agent as the conversation so far. System messages are told besides in both cases.
 *
 * @throws GatewayError 400 where nobody says anything.
 */
export function convertRunInput(input: string | readonly SessionMessage[], hasSession: boolean): RunInput {
  const messages = typeof input === 'string' ? [{ role: 'user' as const, text: input }] : input
  const latest = latestMessages(messages)
  const message = latest.flatMap(({ text }) => (text === undefined || text === '' ? [] : [text])).join('\n\n')
  if (message === '') {
    throw new GatewayError('input: expected a text of the user, or messages that end in one; found no text', {
      status: 400,
      gatewayCode: 'invalid_input',
    })
  }
  const system = messages.flatMap(({ role, text }) => (role === 'system' && text !== undefined ? [text] : []))
  const earlier = hasSession
    ? []
    : messages.filter((found) => found.role !== 'system' && !latest.includes(found))
  const prompt = [...system, ...(earlier.length === 0 ? [] : [writeConversation(earlier)])].join('\n\n')
  return prompt === '' ? { input: message } : { input: message, extraSystemPrompt: prompt }
}

/** The messages after the last one of the assistant: what a session does not know yet. */
export function latestMessages(messages: readonly SessionMessage[]): readonly SessionMessage[] {
  const lastAnswer = messages.findLastIndex(({ role }) => role === 'assistant')
  return messages.slice(lastAnswer + 1).filter(({ role }) => role !== 'system')
}

const names = { user: 'User', assistant: 'Assistant', tool: 'Tool', system: 'System' } as const

function writeConversation(messages: readonly SessionMessage[]): string {
  const lines = messages.map(({ role, text, toolCalls = [], toolCallId, output }) => {
    const calls = toolCalls.map((call) => `[calls ${call.name} ${JSON.stringify(call.input)}]`)
    const said =
      role === 'tool'
        ? `[result of ${toolCallId ?? 'a call'}] ${JSON.stringify(output ?? text ?? null)}`
        : text
    return `${names[role]}: ${[said, ...calls].filter((part) => part !== undefined && part !== '').join(' ')}`
  })
  return `The conversation so far:\n${lines.join('\n')}`
}
