import type { Download } from '../request/api-request.ts'
import { convertAttachments } from './convert-attachments.ts'
import type {
  InboxQuery,
  MessageDetails,
  MessageFound,
  MessageInput,
  MessageList,
  MessageQuery,
  MessageSent,
  MessagesUpdated,
  MessageThreadCreated,
  MessageThreadFound,
  MessageThreadList,
  SharedDocSaved,
} from './message-results.ts'
import type { Method } from './method.ts'

const messageNames = {
  to: 'to_agent_id',
  type: 'message_type',
  threadId: 'thread_id',
  actionId: 'action_id',
}
const queryNames = { message_type: 'type', threadId: 'thread_id' }

/** Messages between agents, with threads, files and shared documents. */
export const messageMethods = {
  /** Sends a message to an agent, or to every agent. */
  sendMessage: {
    verb: 'POST',
    path: '/api/messages',
    params: ['...message'],
    own: { from_agent_id: 'agentId' },
    defaults: { message_type: 'info' },
    names: messageNames,
    cut: { subject: 200, body: 2000 },
    convertInput: convertAttachments,
    servers: 'both',
  } as Method<(message: MessageInput) => Promise<MessageSent>>,
  /** Lists the messages that came to the agent. */
  getInbox: {
    verb: 'GET',
    path: '/api/messages',
    params: ['...filters?'],
    own: { agent_id: 'agentId' },
    fixed: { direction: 'inbox' },
    names: queryNames,
    servers: 'both',
  } as Method<(filters?: InboxQuery) => Promise<MessageList>>,
  /** Lists the messages that the agent sent. */
  getSentMessages: {
    verb: 'GET',
    path: '/api/messages',
    params: ['...filters?'],
    own: { agent_id: 'agentId' },
    fixed: { direction: 'sent' },
    names: queryNames,
    servers: 'both',
  } as Method<(filters?: MessageQuery) => Promise<MessageList>>,
  /** Lists messages of the agent, in either direction. */
  getMessages: {
    verb: 'GET',
    path: '/api/messages',
    params: ['...filters?'],
    own: { agent_id: 'agentId' },
    names: queryNames,
    servers: 'both',
  } as Method<
    (filters?: InboxQuery & { readonly direction?: 'inbox' | 'sent' | 'all' }) => Promise<MessageList>
  >,
  /** Gets one message; no server of DashClaw that was read has it. */
  getMessage: {
    verb: 'GET',
    path: '/api/messages/{message_id}',
    params: ['message_id'],
    servers: 'none',
  } as Method<(messageId: string) => Promise<MessageFound>>,
  /** Marks messages as read by the agent. */
  markRead: {
    verb: 'PATCH',
    path: '/api/messages',
    params: ['message_ids'],
    own: { agent_id: 'agentId' },
    fixed: { action: 'read' },
    isRepeatable: true,
    servers: 'both',
  } as Method<(messageIds: readonly string[]) => Promise<MessagesUpdated>>,
  /** Puts messages away. */
  archiveMessages: {
    verb: 'PATCH',
    path: '/api/messages',
    params: ['message_ids'],
    own: { agent_id: 'agentId' },
    fixed: { action: 'archive' },
    isRepeatable: true,
    servers: 'both',
  } as Method<(messageIds: readonly string[]) => Promise<MessagesUpdated>>,
  /** Sends a message to every agent. */
  broadcast: {
    verb: 'POST',
    path: '/api/messages',
    params: ['body', '...details?'],
    own: { from_agent_id: 'agentId' },
    fixed: { to_agent_id: null },
    defaults: { message_type: 'info' },
    names: messageNames,
    cut: { subject: 200, body: 2000 },
    servers: 'both',
  } as Method<(body: string, details?: MessageDetails) => Promise<MessageSent>>,
  /** Opens a thread of messages. */
  createMessageThread: {
    verb: 'POST',
    path: '/api/messages/threads',
    params: ['name', 'participants?'],
    own: { created_by: 'agentId' },
    servers: 'both',
  } as Method<(name: string, participants?: readonly string[]) => Promise<MessageThreadCreated>>,
  /** Lists threads of messages. */
  getMessageThreads: {
    verb: 'GET',
    path: '/api/messages/threads',
    params: ['...filters?'],
    own: { agent_id: 'agentId' },
    servers: 'both',
  } as Method<
    (filters?: { readonly status?: string; readonly limit?: number }) => Promise<MessageThreadList>
  >,
  /** Closes a thread of messages. */
  resolveMessageThread: {
    verb: 'PATCH',
    path: '/api/messages/threads',
    params: ['thread_id', 'summary?'],
    fixed: { status: 'resolved' },
    isRepeatable: true,
    servers: 'both',
  } as Method<(threadId: string, summary?: string) => Promise<MessageThreadFound>>,
  /** Saves a document that all agents share; the same name again makes its next version. */
  saveSharedDoc: {
    verb: 'POST',
    path: '/api/messages/docs',
    params: ['name', 'content'],
    own: { agent_id: 'agentId' },
    servers: '2.0',
  } as Method<(name: string, content: string) => Promise<SharedDocSaved>>,
  /** Gets the bytes of an attachment. */
  getAttachment: {
    verb: 'GET',
    path: '/api/messages/attachments',
    params: ['id'],
    isRaw: true,
    servers: 'both',
  } as Method<(attachmentId: string) => Promise<Download>>,
}
