import {
  type AgentRunRequest,
  GatewayError,
  type SessionMessage,
  type ToolDescription,
} from '@pincer/protocol'
import { isThinkingLevel, thinkingLevels } from './agent-settings.ts'
import { noteToolCalls, openToolCalls } from './convert-messages.ts'

const maxMessages = 1000
const maxTools = 256
const longestTimeoutMs = 86_400_000
const longestLabel = 512

/**
 * Checks what an agent is asked to do, and gives its input as messages.
 *
 * @throws GatewayError `invalid_request` naming the field.
 */
export function checkRunRequest(request: AgentRunRequest): readonly SessionMessage[] {
  const { input, sessionKey, timeoutMs, tools = [], thinking, label } = request
  if (sessionKey !== undefined && (sessionKey === '' || sessionKey.length > 512)) {
    throw invalid('sessionKey', 'must have 1 to 512 characters')
  }
  if (timeoutMs !== undefined && !(timeoutMs >= 1 && timeoutMs <= longestTimeoutMs)) {
    throw invalid('timeoutMs', `must be from 1 to ${longestTimeoutMs} milliseconds`)
  }
  if (thinking !== undefined && !isThinkingLevel(thinking)) {
    throw invalid('thinking', `must be one of ${thinkingLevels.join(', ')}`)
  }
  if (label !== undefined && (typeof label !== 'string' || label === '' || label.length > longestLabel)) {
    throw invalid('label', `must have 1 to ${longestLabel} characters`)
  }
  checkTools(tools)
  if (typeof input === 'string') {
    if (input === '') throw invalid('input', 'must not be empty')
    return [{ role: 'user', text: input }]
  }
  if (input.length === 0 || input.length > maxMessages)
    throw invalid('input', `must have 1 to ${maxMessages} messages`)
  input.forEach(checkMessage)
  return input
}

function checkMessage(
  { role, text, toolCalls = [], toolCallId, output }: SessionMessage,
  index: number,
): void {
  const at = `input[${index}]`
  if (role === 'tool') {
    if (toolCallId === undefined) throw invalid(`${at}.toolCallId`, 'must name the call that is answered')
    if (output === undefined && text === undefined) throw invalid(`${at}.output`, 'must hold the answer')
  } else if ((text === undefined || text === '') && toolCalls.length === 0)
    throw invalid(`${at}.text`, 'must not be empty')
}

function checkTools(tools: readonly ToolDescription[]): void {
  if (tools.length > maxTools) throw invalid('tools', `must be at most ${maxTools}`)
  const names = new Set<string>()
  tools.forEach(({ name, inputSchema }, index) => {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)) {
      throw invalid(`tools[${index}].name`, 'must be letters, digits, dot, dash and underscore, at most 100')
    }
    if (names.has(name)) throw invalid(`tools[${index}].name`, `is given twice: "${name}"`)
    names.add(name)
    // The caller checks its own arguments; a schema from the wire is not compiled here.
    if (inputSchema?.['type'] !== undefined && inputSchema['type'] !== 'object') {
      throw invalid(`tools[${index}].inputSchema.type`, 'must be "object"')
    }
  })
}

/**
 * Checks that each answer in the input belongs to a call that is open.
 *
 * @throws GatewayError `unknown_tool_call`.
 */
export function checkAnswers(history: readonly SessionMessage[], input: readonly SessionMessage[]): void {
  const open = openToolCalls(history)
  input.forEach((message, index) => {
    const { role, toolCallId = '' } = message
    if (role === 'tool' && !open.has(toolCallId)) {
      throw new GatewayError(
        `input[${index}] answers the tool call "${toolCallId}", which this session does not wait for; answer those of the last result's toolCalls, each once`,
        { status: 409, gatewayCode: 'unknown_tool_call' },
      )
    }
    noteToolCalls(open, message)
  })
}

function invalid(path: string, expected: string): GatewayError {
  return new GatewayError(`${path} ${expected}`, { status: 400, gatewayCode: 'invalid_request' })
}
