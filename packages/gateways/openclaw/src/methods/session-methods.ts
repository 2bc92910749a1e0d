import type {
  SessionsAbortParams,
  SessionsCompactParams,
  SessionsCreateParams,
  SessionsDeleteParams,
  SessionsDeleteResult,
  SessionsDescribeParams,
  SessionsListParams,
  SessionsMessagesSubscribeParams,
  SessionsMessagesUnsubscribeParams,
  SessionsPatchParams,
  SessionsPatchResult,
  SessionsPreviewParams,
  SessionsResetParams,
  SessionsResolveParams,
  SessionsResolveResult,
  SessionsSendParams,
} from '@openclaw/gateway-protocol'
import type {
  RunStarted,
  SessionAborted,
  SessionCompacted,
  SessionCreated,
  SessionDescription,
  SessionKeyParams,
  SessionMessages,
  SessionPreviews,
  SessionReset,
  SessionsListResult,
  Subscribed,
} from './session-results.ts'
import type { Method } from './method.ts'

/** Sessions and their transcripts. */
export const sessionMethods = {
  create: { rpc: 'sessions.create', scope: 'operator.write' } as Method<
    SessionsCreateParams,
    SessionCreated,
    'sessions.create'
  >,
  resolve: { rpc: 'sessions.resolve', scope: 'operator.read' } as Method<
    SessionsResolveParams,
    SessionsResolveResult,
    'sessions.resolve'
  >,
  list: { rpc: 'sessions.list', scope: 'operator.read' } as Method<
    SessionsListParams,
    SessionsListResult,
    'sessions.list'
  >,
  describe: { rpc: 'sessions.describe', scope: 'operator.read' } as Method<
    SessionsDescribeParams,
    SessionDescription,
    'sessions.describe'
  >,
  preview: { rpc: 'sessions.preview', scope: 'operator.read' } as Method<
    SessionsPreviewParams,
    SessionPreviews,
    'sessions.preview'
  >,
  messages: { rpc: 'sessions.get', scope: 'operator.read' } as Method<
    SessionKeyParams,
    SessionMessages,
    'sessions.get'
  >,
  send: { rpc: 'sessions.send', scope: 'operator.write' } as Method<
    SessionsSendParams,
    RunStarted,
    'sessions.send'
  >,
  abort: { rpc: 'sessions.abort', scope: 'operator.write' } as Method<
    SessionsAbortParams,
    SessionAborted,
    'sessions.abort'
  >,
  patch: { rpc: 'sessions.patch', scope: 'operator.write' } as Method<
    SessionsPatchParams,
    SessionsPatchResult,
    'sessions.patch'
  >,
  compact: { rpc: 'sessions.compact', scope: 'operator.admin' } as Method<
    SessionsCompactParams,
    SessionCompacted,
    'sessions.compact'
  >,
  reset: { rpc: 'sessions.reset', scope: 'operator.admin' } as Method<
    SessionsResetParams,
    SessionReset,
    'sessions.reset'
  >,
  delete: { rpc: 'sessions.delete', scope: 'operator.write' } as Method<
    SessionsDeleteParams,
    SessionsDeleteResult,
    'sessions.delete'
  >,
  subscribe: { rpc: 'sessions.subscribe', scope: 'operator.read' } as Method<
    SessionsListParams,
    Subscribed,
    'sessions.subscribe'
  >,
  subscribeMessages: { rpc: 'sessions.messages.subscribe', scope: 'operator.read' } as Method<
    SessionsMessagesSubscribeParams,
    Subscribed,
    'sessions.messages.subscribe'
  >,
  unsubscribeMessages: { rpc: 'sessions.messages.unsubscribe', scope: 'operator.read' } as Method<
    SessionsMessagesUnsubscribeParams,
    Subscribed,
    'sessions.messages.unsubscribe'
  >,
}
