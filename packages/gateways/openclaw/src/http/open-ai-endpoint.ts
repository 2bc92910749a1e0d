import { checkOptionNames, describeValue, PincerError } from '@pincer/protocol'
import { discoverAddress, discoverGateway } from '../discover.ts'
import { httpOrigin } from './http-origin.ts'
import { checkPlainHttp } from './plain-http.ts'

/** Which Gateway official OpenAI clients talk to, and as which conversation. */
export interface OpenAiEndpointOptions {
  /** Where the Gateway listens, such as `ws://127.0.0.1:18789` or `https://claw.example`; the one of this machine when absent. */
  readonly url?: string | undefined
  /** The Gateway's shared token; the one that was found with the Gateway when absent. */
  readonly token?: string | undefined
  /** The agent that answers, whatever `model` says, unless `sessionKey` names another; the one that `model` names when absent. */
  readonly agentId?: string | undefined
  /**
   * The conversation that every call belongs to, such as `agent:main:web`; a new one per call when absent.
   *
   * A short key, such as `web`, needs `agentId`: a Gateway with several agents could not tell whose it is.
   */
  readonly sessionKey?: string | undefined
  /** The model behind the agent, such as `openai/gpt-5.5`; the agent's own when absent. */
  readonly backendModel?: string | undefined
}

/** What the constructors of official OpenAI clients take. */
export interface OpenAiEndpoint {
  /** Such as `http://127.0.0.1:18789/v1`. */
  readonly baseURL: string
  /** The token; `none` for a Gateway without one, because the clients take no empty key. */
  readonly apiKey: string
  readonly defaultHeaders: Readonly<Record<string, string>>
  /** 0: the Gateway would run its agent once more for every repeated request. */
  readonly maxRetries: 0
  /** The `model` of a request: `openclaw/<agent>`, `openclaw/default` where no agent is named. */
  readonly model: (agentId?: string) => string
}

const names: Readonly<Record<keyof OpenAiEndpointOptions, true>> = {
  url: true,
  token: true,
  agentId: true,
  sessionKey: true,
  backendModel: true,
}

/**
 * Points official OpenAI clients at the Gateway's OpenAI-compatible endpoints, which `gateway.http.endpoints` of openclaw.json turns on.
 *
 * The token has full rights of an operator: it belongs on servers only. In a conversation (`sessionKey`) only the new messages are to be
 * sent, because the Gateway adds earlier ones again.
 *
 * @throws PincerError `invalid_option` naming the option; GatewayError 400 where the token would go to a public host over plain `http`.
 * @example
 * ```ts
 * const { model, ...endpoint } = openAiEndpoint({ sessionKey: 'agent:main:web' })
 * const openai = new OpenAI(endpoint)
 * await openai.chat.completions.create({ model: model('main'), messages: [{ role: 'user', content: 'Hello' }] })
 * ```
 */
export function openAiEndpoint(options: OpenAiEndpointOptions = {}): OpenAiEndpoint {
  checkOptionNames('openAiEndpoint()', options, Object.keys(names))
  const { url, token, agentId, sessionKey, backendModel } = options
  const found = url === undefined ? (token === undefined ? discoverGateway() : discoverAddress()) : { url }
  const origin = httpOrigin('url', found.url)
  const secret =
    token ??
    ('token' in found ? found.token : undefined) ??
    ('password' in found ? found.password : undefined)
  checkSecret(secret)
  if (secret !== undefined) checkPlainHttp('openAiEndpoint()', origin)
  return {
    baseURL: `${origin.href.replace(/\/$/, '')}/v1`,
    apiKey: secret ?? 'none',
    maxRetries: 0,
    defaultHeaders: {
      ...header('agentId', 'x-openclaw-agent-id', agentId),
      ...header('sessionKey', 'x-openclaw-session-key', fullKey(sessionKey, agentId)),
      ...header('backendModel', 'x-openclaw-model', backendModel),
    },
    model: (agent = agentId ?? 'default') => `openclaw/${agent}`,
  }
}

function fullKey(sessionKey: string | undefined, agentId: string | undefined): string | undefined {
  if (sessionKey === undefined || agentId === undefined) return sessionKey
  return /^(?:agent:|global$)/.test(sessionKey) ? sessionKey : `agent:${agentId}:${sessionKey}`
}

function header(option: string, name: string, value: string | undefined): Record<string, string> {
  if (value === undefined) return {}
  if (typeof value === 'string' && /^[\u0021-\u007e]+(?: [\u0021-\u007e]+)*$/.test(value))
    return { [name]: value }
  throw new PincerError(
    'invalid_option',
    `${option}: expected printable ASCII, which headers are made of, found ${describeValue(value)}`,
  )
}

function checkSecret(token: unknown): void {
  if (token === undefined || (typeof token === 'string' && /^[\u0021-\u007e]+$/.test(token))) return
  throw new PincerError(
    'invalid_option',
    'token: expected printable ASCII without spaces; remove line breaks',
  )
}
