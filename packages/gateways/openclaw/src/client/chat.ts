import { randomUUID } from 'node:crypto'
import type { ChatAbortParams, ChatHistoryParams, ChatInjectParams } from '@openclaw/gateway-protocol'
import { bindMethods } from '../methods/bind-methods.ts'
import { chatMethods } from '../methods/chat-methods.ts'
import type { ChatAborted, ChatHistory, ChatInjected, ChatSendParams } from '../methods/chat-results.ts'
import type { Run } from '../runs/run.ts'
import type { GatewayRequestOptions } from '../transport/transport.ts'
import { checkParams, checkText } from '../check-param.ts'
import type { ClientParts } from './client-parts.ts'

/** A session's messages, as chat clients send and read them. */
export interface Chat {
  /** Sends a message; unlike `sessions.send` it makes the session where it does not exist. */
  send(params: Omit<ChatSendParams, 'idempotencyKey'> & { readonly idempotencyKey?: string }): Promise<Run>
  /** The messages of a session, the newest last; empty where there is no such session. */
  history(params: ChatHistoryParams, options?: GatewayRequestOptions): Promise<ChatHistory>
  /** Stops what runs in a session, or one run of it; nothing happens where none does. */
  abort(params: ChatAbortParams, options?: GatewayRequestOptions): Promise<ChatAborted>
  /** Puts a message into the transcript for people to read; the model never sees it. Needs the scope `operator.admin`. */
  inject(params: ChatInjectParams, options?: GatewayRequestOptions): Promise<ChatInjected>
}

/** Makes the `oc.chat` surface. */
export function createChat({ connection, runs, keys }: ClientParts): Chat {
  const calls = bindMethods(chatMethods, connection)

  function fullKey(
    call: string,
    params: { readonly sessionKey: string; readonly agentId?: string | undefined },
  ): Promise<string> {
    checkParams(call, params)
    return keys.resolve(call, params.sessionKey, params.agentId)
  }

  return {
    async send({ idempotencyKey = randomUUID(), ...params }) {
      const sessionKey = await fullKey('chat.send', params)
      checkText('chat.send: message', params.message, 'a text')
      // Followed before it is sent, so that no event of it is missed.
      const run = runs.get(idempotencyKey, { sessionKey })
      const { status } = await calls.send({ ...params, sessionKey, idempotencyKey })
      return status === 'started' ? runs.begun(idempotencyKey, { sessionKey }) : run
    },
    async history(params, options) {
      return calls.history({ ...params, sessionKey: await fullKey('chat.history', params) }, options)
    },
    async abort(params, options) {
      return calls.abort({ ...params, sessionKey: await fullKey('chat.abort', params) }, options)
    },
    async inject(params, options) {
      return calls.inject({ ...params, sessionKey: await fullKey('chat.inject', params) }, options)
    },
  }
}
