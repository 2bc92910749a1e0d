import { checkOptionNames, UnsupportedByGatewayError } from '@pincer/protocol'
import { checkParams, checkText, invalidParam } from '../check-param.ts'
import type { AgentRunParams, SessionSendParams } from './agent-run-params.ts'

// Written as records, so that the compiler misses a name that is added to the types.
const agentNames: Readonly<Record<keyof AgentRunParams, true>> = {
  input: true,
  agentId: true,
  sessionKey: true,
  sessionId: true,
  model: true,
  provider: true,
  timeoutMs: true,
  thinking: true,
  label: true,
  attachments: true,
  extraSystemPrompt: true,
  promptMode: true,
  modelRun: true,
  cwd: true,
  lane: true,
  deliver: true,
  bestEffortDeliver: true,
  channel: true,
  to: true,
  accountId: true,
  threadId: true,
  replyTo: true,
  replyChannel: true,
  replyAccountId: true,
  groupId: true,
  groupChannel: true,
  groupSpace: true,
  bootstrapContextMode: true,
  inputProvenance: true,
  sessionEffects: true,
  suppressPromptPersistence: true,
  sourceReplyDeliveryMode: true,
  disableMessageTool: true,
  idempotencyKey: true,
  signal: true,
  workspace: true,
  runtime: true,
  environment: true,
  approvals: true,
}

const sendNames: Readonly<Record<keyof SessionSendParams, true>> = {
  key: true,
  message: true,
  agentId: true,
  thinking: true,
  attachments: true,
  timeoutMs: true,
  idempotencyKey: true,
  signal: true,
}

// What those who come from other libraries write.
const inputNames = { prompt: 'input', message: 'input', messages: 'input', text: 'input' }
const messageNames = { prompt: 'message', input: 'message', messages: 'message', sessionKey: 'key' }

const textNames = [
  'agentId',
  'sessionKey',
  'model',
  'provider',
  'thinking',
  'label',
  'idempotencyKey',
] as const

const unsupported: readonly (readonly [keyof AgentRunParams, string])[] = [
  ['workspace', 'set `cwd`, or the workspace of the agent'],
  ['runtime', 'set the runtime of the agent'],
  ['environment', 'make an agent that has this environment'],
  ['approvals', 'set the approval mode of the agent or of the session'],
]

/**
 * Checks what a run is to be started with, before anything is sent.
 *
 * @throws UnsupportedByGatewayError where a field is given that the Gateway takes for no single run.
 * @throws PincerError `invalid_option` for a field that there is not.
 * @throws GatewayError 400 naming the field that is missing or of another kind.
 */
export function checkAgentRunParams(params: AgentRunParams): void {
  checkParams('agent', params)
  for (const [name, hint] of unsupported) {
    if (params[name] !== undefined) throw new UnsupportedByGatewayError('openclaw', `${name} per run`, hint)
  }
  checkOptionNames('agent', params, Object.keys(agentNames), inputNames)
  checkText('agent: input', params.input, 'the text of the user')
  for (const name of textNames) {
    if (params[name] !== undefined) checkText(`agent: ${name}`, params[name], 'a text that is not empty')
  }
  checkDuration('agent: timeoutMs', params.timeoutMs)
  checkSignal('agent: signal', params.signal)
}

/**
 * Checks what a message is to be sent with, before anything is sent.
 *
 * @throws PincerError `invalid_option` for a field that there is not.
 * @throws GatewayError 400 naming the field that is missing or of another kind.
 */
export function checkSessionSendParams(params: SessionSendParams): void {
  checkParams('sessions.send', params)
  checkOptionNames('sessions.send', params, Object.keys(sendNames), messageNames)
  checkText('sessions.send: key', params.key, 'the key of a session, such as "main"')
  checkText('sessions.send: message', params.message, 'the text of the user')
  if (params.idempotencyKey !== undefined) {
    checkText('sessions.send: idempotencyKey', params.idempotencyKey, 'a text that is not empty')
  }
  checkDuration('sessions.send: timeoutMs', params.timeoutMs)
  checkSignal('sessions.send: signal', params.signal)
}

function checkDuration(name: string, value: unknown): void {
  if (value === undefined || (typeof value === 'number' && value > 0 && Number.isFinite(value))) return
  throw invalidParam(name, 'milliseconds above 0', value)
}

function checkSignal(name: string, value: unknown): void {
  if (value !== undefined && !(value instanceof AbortSignal))
    throw invalidParam(name, 'an AbortSignal', value)
}
