import { checkOptionNames, describeValue, type Gateway, PincerError } from '@pincer/protocol'

import type { ChatHandlerOptions } from './ui-chat-handler.ts'

const optionNames: readonly (keyof ChatHandlerOptions)[] = [
  'agent',
  'allowedOrigins',
  'claw',
  'gateway',
  'keepAliveMs',
  'label',
  'maxBodyBytes',
  'maxFileBytes',
  'model',
  'onDisconnect',
  'onError',
  'sendReasoning',
  'sendSources',
  'sessionKey',
  'thinking',
  'timeoutMs',
]

/**
 * The gateway of the options.
 *
 * @throws PincerError with code `invalid_option` naming what is wrong
 */
export function checkChatOptions(options: ChatHandlerOptions): Gateway {
  checkOptionNames('createChatHandler()', options, optionNames, {
    agentId: 'agent',
    origins: 'allowedOrigins',
  })
  const { agent, allowedOrigins, claw, onDisconnect } = options
  const gateway = options.gateway ?? claw?.gateway
  if (typeof gateway?.name !== 'string' || typeof gateway.close !== 'function')
    throw invalid('claw', 'a claw of createClient, or a gateway as `gateway`', claw ?? options.gateway)
  if (typeof agent !== 'string' || agent === '') throw invalid('agent', 'the id of an agent', agent)
  if (allowedOrigins !== undefined && !Array.isArray(allowedOrigins))
    throw invalid('allowedOrigins', 'a list of origins', allowedOrigins)
  if (onDisconnect !== undefined && onDisconnect !== 'continue' && onDisconnect !== 'cancel')
    throw invalid('onDisconnect', '"continue" or "cancel"', onDisconnect)
  for (const name of ['label', 'model', 'thinking'] as const)
    if (options[name] !== undefined && (typeof options[name] !== 'string' || options[name] === ''))
      throw invalid(name, 'a text', options[name])
  for (const name of ['keepAliveMs', 'maxBodyBytes', 'timeoutMs'] as const)
    if (options[name] !== undefined && !(typeof options[name] === 'number' && options[name] > 0))
      throw invalid(name, 'a number greater than zero', options[name])
  for (const name of ['onError', 'sessionKey'] as const)
    if (options[name] !== undefined && typeof options[name] !== 'function')
      throw invalid(name, 'a function', options[name])
  return gateway
}

function invalid(name: string, expected: string, found: unknown): PincerError {
  return new PincerError(
    'invalid_option',
    `createChatHandler: ${name}: expected ${expected}, found ${describeValue(found)}`,
  )
}
