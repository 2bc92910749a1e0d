import type { Claw } from '@pincer/core'
import { type AgentRunRequest, type Gateway, GatewayError, type GatewayRun } from '@pincer/protocol'

import { within } from './stream-wait.ts'
import { corsHeaders, createChatAccess, preflight } from './ui-chat-access.ts'
import { checkChatOptions } from './ui-chat-options.ts'
import { ChatProblem } from './ui-chat-problem.ts'
import { type ChatRequest, checkChatId, readChatRequest } from './ui-chat-request.ts'
import { ChatRuns, isOpen } from './ui-chat-runs.ts'
import { parsePosition } from './ui-message-metadata.ts'
import { toUIMessageStreamResponse } from './ui-message-stream.ts'
import { toUIMessages } from './ui-messages.ts'
import { type UIStreamOptions, wordsOf } from './ui-stream-options.ts'

/** How {@link createChatHandler} answers. */
export interface ChatHandlerOptions
  extends
    Pick<UIStreamOptions, 'maxFileBytes' | 'onError' | 'sendReasoning' | 'sendSources'>,
    Pick<AgentRunRequest, 'label' | 'model' | 'thinking' | 'timeoutMs'> {
  /** The client whose gateway runs the agent; a run of it that is under way becomes the parent of the agent's run. */
  readonly claw?: Claw
  /** The gateway that runs the agent, where there is no client. */
  readonly gateway?: Gateway
  /**
   * Id of the agent. Whether the gateway has it shows at the first message only: where not, each is answered by 500, and what went
   * wrong is told to the `onError` of the claw and of these options.
   */
  readonly agent: string
  /**
   * The session of a chat, `chat:<id>` when absent. The place to look who asks: `undefined` refuses the request, because whoever
   * knows the id of a chat reads it.
   */
  readonly sessionKey?: (chatId: string, request: Request) => string | undefined | Promise<string | undefined>
  /** Origins of the pages that may use the chat, such as `https://chat.example.com`, beside those of this machine. */
  readonly allowedOrigins?: readonly string[]
  /** Largest body of a request; 4,000,000 bytes. */
  readonly maxBodyBytes?: number
  /** What becomes of a run whose page goes away: `continue` lets it end, so that the page can come back; `cancel` stops it. */
  readonly onDisconnect?: 'continue' | 'cancel'
  /** Milliseconds of silence after which a sign of life is sent; 15,000. */
  readonly keepAliveMs?: number
}

const defaultBodyBytes = 4_000_000
const defaultKeepAliveMs = 15_000
// A gateway may answer late, or never.
const cancelMs = 10_000

/**
 * Makes the server side of a `useChat` whose agent runs on a gateway; mount it at `/api/chat` and below.
 *
 * `POST` with the body of the AI SDK's chat transport runs the agent in the chat's session, or hands answers to approvals over and
 * goes on with the run. `GET …/<id>/stream` takes up the run that is under way (`useChat({ resume: true })`), `DELETE` stops it,
 * `GET …/<id>/messages` gives the messages so far.
 *
 * @throws PincerError with code `invalid_option`
 * @example
 * export const handler = createChatHandler({ claw, agent: 'main' })
 * export { handler as GET, handler as POST, handler as DELETE }
 */
export function createChatHandler(options: ChatHandlerOptions): (request: Request) => Promise<Response> {
  const gateway = checkChatOptions(options)
  const access = createChatAccess(options.allowedOrigins)
  const chat = new Chat(options, gateway)
  return async (request) => {
    let origin: string | undefined
    try {
      origin = access(request)
      if (request.method === 'OPTIONS') return preflight(origin)
      const response = await chat.answer(request)
      for (const [name, value] of Object.entries(corsHeaders(origin))) response.headers.set(name, value)
      return response
    } catch (error) {
      return chat.explain(error).toResponse(corsHeaders(origin))
    }
  }
}

class Chat {
  readonly #options: ChatHandlerOptions
  readonly #gateway: Gateway
  readonly #runs: ChatRuns

  constructor(options: ChatHandlerOptions, gateway: Gateway) {
    this.#options = options
    this.#gateway = gateway
    this.#runs = new ChatRuns(gateway)
  }

  /** @throws ChatProblem, or what the gateway throws */
  async answer(request: Request): Promise<Response> {
    const { method, signal } = request
    if (method === 'POST') return await this.#post(request)
    const [, id, part] = /\/([^/]+)\/(stream|messages)\/?$/.exec(new URL(request.url).pathname) ?? []
    if (id === undefined)
      throw new ChatProblem(
        404,
        'There is nothing here. Post to the chat, or get <id>/stream or <id>/messages.',
      )
    const isKnown = method === 'GET' || (method === 'DELETE' && part === 'stream')
    if (!isKnown) throw new ChatProblem(405, 'This method is not one of the chat.')
    const sessionKey = await this.#sessionOf(checkChatId(decode(id)), request)
    if (part === 'messages') {
      const history = await this.#gateway.sessions?.history(sessionKey, { signal })
      return Response.json(
        { messages: toUIMessages(history ?? []) },
        { headers: { 'cache-control': 'no-store' } },
      )
    }
    const run = await this.#runs.findOpen(sessionKey, signal)
    if (method === 'DELETE' && run !== undefined)
      await within(run.cancel('the person stopped it'), cancelMs, signal)
    return method === 'DELETE' || run === undefined
      ? new Response(undefined, { status: 204 })
      : this.#stream(run, request, {})
  }

  /** Words an error for the page; what it does not know may hold secrets, and stays here. */
  explain(error: unknown): ChatProblem {
    if (error instanceof ChatProblem) return error
    this.#options.claw?.report(error, 'createChatHandler')
    const isBusy = error instanceof GatewayError && error.retryable
    return new ChatProblem(isBusy ? 503 : 500, wordsOf(error, this.#options.onError))
  }

  async #post(request: Request): Promise<Response> {
    const asked = await readChatRequest(request, this.#options.maxBodyBytes ?? defaultBodyBytes)
    const sessionKey = await this.#sessionOf(asked.id, request)
    if (asked.text === undefined) return await this.#goOn(asked, sessionKey, request)
    await this.#settle(asked, sessionKey, request.signal)
    const run = this.#runs.note(sessionKey, await this.#start(asked.text, sessionKey))
    return this.#stream(run, request, {})
  }

  async #goOn({ asked, answers }: ChatRequest, sessionKey: string, request: Request): Promise<Response> {
    const position = asked && parsePosition(asked)
    if (asked === undefined || position === undefined)
      throw new ChatProblem(400, 'messages: the message that is answered names no run in its metadata')
    const run = await this.#runs.find(sessionKey, position.runId, request.signal)
    await this.#runs.decide(sessionKey, run, answers, request.signal)
    return this.#stream(run, request, { originalMessages: [asked] })
  }

  // A session runs one thing after the other: what waits for an answer must not hold up what is asked now.
  async #settle(
    { asked, answers, isUnanswered }: ChatRequest,
    sessionKey: string,
    signal: AbortSignal,
  ): Promise<void> {
    const position = asked && parsePosition(asked)
    if (position === undefined || (answers.length === 0 && !isUnanswered)) return
    const run = await this.#runs.find(sessionKey, position.runId, signal).catch((error: unknown) => {
      if (error instanceof ChatProblem) return undefined
      throw error
    })
    if (run === undefined || !(await isOpen(run, signal))) return
    await this.#runs.decide(sessionKey, run, answers, signal)
    if (isUnanswered)
      await within(run.cancel('the person wrote something else instead of an answer'), cancelMs, signal)
  }

  async #start(input: string, sessionKey: string): Promise<GatewayRun> {
    const { agent: agentId, claw, label, model, thinking, timeoutMs } = this.#options
    const parentRunId = claw?.current()?.runId
    return await this.#runs.agents.run({
      agentId,
      input,
      sessionKey,
      ...(label !== undefined && { label }),
      ...(model !== undefined && { model }),
      ...(thinking !== undefined && { thinking }),
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(parentRunId !== undefined && { parentRunId }),
    })
  }

  #stream(
    run: GatewayRun,
    { signal }: Request,
    { originalMessages }: Pick<UIStreamOptions, 'originalMessages'>,
  ): Response {
    const { claw, maxFileBytes, onDisconnect, onError, sendReasoning, sendSources = true } = this.#options
    return toUIMessageStreamResponse(run, {
      gateway: this.#gateway,
      approvals: 'pause',
      signal,
      sendSources,
      cancelOnDisconnect: onDisconnect === 'cancel',
      keepAliveMs: this.#options.keepAliveMs ?? defaultKeepAliveMs,
      onError: (error) => {
        claw?.report(error, 'createChatHandler')
        return wordsOf(error, onError)
      },
      ...(originalMessages !== undefined && { originalMessages }),
      ...(maxFileBytes !== undefined && { maxFileBytes }),
      ...(sendReasoning !== undefined && { sendReasoning }),
    })
  }

  async #sessionOf(chatId: string, request: Request): Promise<string> {
    const { sessionKey = (id: string) => `chat:${id}` } = this.#options
    const found = await sessionKey(chatId, request)
    if (found !== undefined && found !== '') return found
    throw new ChatProblem(403, 'This chat is not yours.')
  }
}

function decode(id: string): string {
  try {
    return decodeURIComponent(id)
  } catch {
    return ''
  }
}
