import type { ChatAbortParams, ChatHistoryParams, ChatInjectParams } from '@openclaw/gateway-protocol'
import type { ChatAborted, ChatHistory, ChatInjected, ChatSendParams } from './chat-results.ts'
import type { RunStarted } from './session-results.ts'
import type { Method } from './method.ts'

/** Messages of a session, as chat clients send and read them. */
export const chatMethods = {
  send: { rpc: 'chat.send', scope: 'operator.write' } as Method<ChatSendParams, RunStarted, 'chat.send'>,
  history: { rpc: 'chat.history', scope: 'operator.read' } as Method<
    ChatHistoryParams,
    ChatHistory,
    'chat.history'
  >,
  abort: { rpc: 'chat.abort', scope: 'operator.write' } as Method<ChatAbortParams, ChatAborted, 'chat.abort'>,
  inject: { rpc: 'chat.inject', scope: 'operator.admin' } as Method<
    ChatInjectParams,
    ChatInjected,
    'chat.inject'
  >,
}
