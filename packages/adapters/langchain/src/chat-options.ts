import type {
  BaseChatModelCallOptions,
  BaseChatModelParams,
  BindToolsInput,
} from '@langchain/core/language_models/chat_models'
import type { Claw } from '@pincer/core'
import { describeValue, type Gateway, type JsonObject, PincerError } from '@pincer/protocol'

/** How a {@link ChatClaw} finds its agent and talks to it. */
export interface ChatClawOptions extends BaseChatModelParams {
  /** The client whose gateway runs the agent; a run of it that is under way becomes the parent of the agent's run. */
  readonly claw?: Claw
  /** The gateway that runs the agent, where there is no client. */
  readonly gateway?: Gateway
  /** Id of the agent. */
  readonly agent: string
  /** Overrides the agent's model. */
  readonly model?: string
  /**
   * The session of all calls; when absent, the `thread_id` of a call, and without one each call is its own conversation.
   * `false` uses no session at all, and tells the whole conversation each time.
   */
  readonly sessionKey?: string | false
  /** Longest run of the agent, in milliseconds; the gateway's own limit when absent. */
  readonly timeoutMs?: number
}

/** What one call of a {@link ChatClaw} takes besides the options of LangChain. */
export interface ClawCallOptions extends BaseChatModelCallOptions {
  /** The caller's own tools; `bindTools` sets them. */
  tools?: BindToolsInput[]
  /** The session of this call; `false` for none. */
  sessionKey?: string | false
  /** Overrides the agent's model. */
  model?: string
  /** Longest run of the agent, in milliseconds. */
  timeoutMs?: number
  /** JSON Schema of the only answer that is wanted; `withStructuredOutput` sets it. */
  outputSchema?: JsonObject
}

/**
 * The gateway of the options.
 *
 * @throws PincerError with code `invalid_option` naming what is wrong
 */
export function checkChatOptions(options: ChatClawOptions): Gateway {
  const { claw, gateway = claw?.gateway, agent, model, sessionKey, timeoutMs } = Object(options)
  if (typeof gateway?.name !== 'string' || typeof gateway.close !== 'function')
    throw invalid('claw', 'a claw of createClient, or a gateway as `gateway`', claw ?? gateway)
  if (typeof agent !== 'string' || agent === '') throw invalid('agent', 'the id of an agent', agent)
  checkCallOptions({ model, sessionKey, timeoutMs })
  return gateway
}

/** @throws PincerError with code `invalid_option` naming what is wrong */
export function checkCallOptions({ model, sessionKey, timeoutMs }: Partial<ClawCallOptions>): void {
  if (model !== undefined && (typeof model !== 'string' || model === ''))
    throw invalid('model', 'the name of a model', model)
  if (
    sessionKey !== undefined &&
    sessionKey !== false &&
    (typeof sessionKey !== 'string' || sessionKey === '')
  )
    throw invalid('sessionKey', 'the key of a session, or false', sessionKey)
  if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs > 0))
    throw invalid('timeoutMs', 'a number greater than zero', timeoutMs)
}

function invalid(name: string, expected: string, found: unknown): PincerError {
  return new PincerError(
    'invalid_option',
    `ChatClaw: ${name}: expected ${expected}, found ${describeValue(found)}`,
  )
}
