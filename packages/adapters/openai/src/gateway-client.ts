import { describeValue, PincerError } from '@pincer/protocol'

/** Where a gateway's OpenAI-compatible endpoint is, and who calls it. */
export interface GatewayClientOptions {
  /** Address of the endpoint with its path, such as `http://127.0.0.1:7462/demo/v1`. */
  readonly url: string
  /** The gateway's token; without one, no key of the environment is sent instead. */
  readonly token?: string
  /** The conversation that the calls belong to, where the gateway keeps one. */
  readonly sessionKey?: string
  /** The agent that answers, where the gateway has several. */
  readonly agentId?: string
  /** Further headers of every request. */
  readonly headers?: Readonly<Record<string, string>>
  /** How often the client repeats a failed request; 0, because a gateway may run its agent once more for each. */
  readonly maxRetries?: number
}

interface ClientSettings {
  baseURL: string
  apiKey: string
  organization: null
  project: null
  maxRetries: number
  defaultHeaders: Record<string, string | undefined>
}

/**
 * Makes an official client that talks to a gateway's OpenAI-compatible endpoint.
 *
 * The class is passed in, so that it is the caller's own version of `openai` that is used.
 *
 * @throws PincerError with code `invalid_option` where `url` is no http address, or a client is given in place of its class
 * @example
 * const openai = toGatewayOpenAI(OpenAI, { url: 'http://127.0.0.1:18789/v1', token, sessionKey: 'agent:main:web' })
 * const answer = await openai.chat.completions.create({ model: 'openclaw/main', messages })
 */
export function toGatewayOpenAI<Client>(
  OpenAIClass: new (settings: ClientSettings) => Client,
  { url, token = 'none', sessionKey, agentId, headers, maxRetries = 0 }: GatewayClientOptions,
): Client {
  if (typeof OpenAIClass !== 'function') {
    throw new PincerError(
      'invalid_option',
      `toGatewayOpenAI: expected the class OpenAI, found ${describeValue(OpenAIClass)}`,
    )
  }
  if (!/^https?:\/\/[^/]/.test(String(url))) {
    throw new PincerError(
      'invalid_option',
      `url: expected the address of an OpenAI-compatible endpoint, found ${describeValue(url)}`,
    )
  }
  return new OpenAIClass({
    baseURL: url,
    // The client would take the key, organization and project of the environment, which are none of the gateway's business.
    apiKey: token,
    organization: null,
    project: null,
    maxRetries,
    defaultHeaders: {
      'x-openclaw-session-key': sessionKey,
      'x-openclaw-agent-id': agentId,
      ...headers,
    },
  })
}
