import type { SecuritySummary } from './action-results.ts'

/** What a message is about. */
type MessageType = 'action' | 'info' | 'lesson' | 'question' | 'status'

/** A file that goes with a message: three at most, of 5 MB each. */
export interface AttachmentInput {
  readonly filename: string
  readonly mime_type: string
  /** The bytes, or base64 of them. */
  readonly data: Uint8Array | string
}

/** What may be told of a message beside its text. */
export interface MessageDetails {
  /** `info` where it is absent. */
  readonly message_type?: MessageType
  /** The same as `message_type`. */
  readonly type?: MessageType
  readonly subject?: string
  /** The thread it belongs to, `mt_…`. */
  readonly thread_id?: string
  /** The same as `thread_id`. */
  readonly threadId?: string
}

/** A message to send. */
export interface MessageInput extends MessageDetails {
  readonly body: string
  /** The agent it goes to; every agent where it is absent. */
  readonly to?: string | null
  /** The same as `to`. */
  readonly to_agent_id?: string | null
  /** The client's own where it is absent. */
  readonly from_agent_id?: string
  readonly urgent?: boolean
  readonly doc_ref?: string
  /** The action it belongs to. */
  readonly action_id?: string
  /** The same as `action_id`. */
  readonly actionId?: string
  readonly attachments?: readonly AttachmentInput[]
}

/** A file of a message, as the server lists it: `getAttachment()` gives its bytes. */
interface Attachment {
  readonly id: string
  readonly filename: string
  readonly mime_type: string
  readonly size_bytes: number
}

/** A message as the server keeps it. */
export interface MessageRow {
  readonly id: string
  readonly from_agent_id: string
  /** Null where it went to every agent. */
  readonly to_agent_id: string | null
  readonly message_type: MessageType
  readonly subject?: string | null
  readonly body: string
  readonly thread_id?: string | null
  readonly urgent?: number | boolean
  readonly doc_ref?: string | null
  readonly status?: string
  readonly attachments?: readonly Attachment[]
  /** Only in listings. */
  readonly is_read?: boolean
  /** ISO 8601. */
  readonly created_at?: string
}

/** A message that was sent. */
export interface MessageSent {
  readonly message: MessageRow
  readonly message_id: string
}

/** One message. */
export interface MessageFound {
  readonly message: MessageRow
}

/** What a listing of messages can be narrowed by. */
export interface MessageQuery {
  readonly type?: MessageType
  /** The same as `type`. */
  readonly message_type?: MessageType
  readonly thread_id?: string
  /** The same as `thread_id`. */
  readonly threadId?: string
  readonly limit?: number
  readonly offset?: number
}

/** What a listing of messages that came in can be narrowed by. */
export interface InboxQuery extends MessageQuery {
  readonly unread?: boolean
}

/** Messages, newest first; `total` counts this page on some servers. */
export interface MessageList {
  readonly messages: readonly MessageRow[]
  readonly total: number
  readonly unread_count: number
}

/** How many messages were changed. */
export interface MessagesUpdated {
  readonly updated: number
}

/** A thread of messages between agents. */
interface MessageThread {
  readonly id: string
  readonly name: string
  readonly participants?: readonly string[] | string | null
  readonly status: 'open' | 'resolved' | (string & {})
  readonly summary?: string | null
  readonly created_by?: string
  /** ISO 8601. */
  readonly created_at?: string
}

/** A thread that was opened. */
export interface MessageThreadCreated {
  readonly thread: MessageThread
  readonly thread_id: string
}

/** One thread. */
export interface MessageThreadFound {
  readonly thread: MessageThread
}

/** Threads of messages. */
export interface MessageThreadList {
  readonly threads: readonly MessageThread[]
  readonly total: number
}

/** A document that was saved; the same name again makes its next version. */
export interface SharedDocSaved {
  readonly doc: {
    readonly id: string
    readonly name: string
    readonly content: string
    readonly version?: number
  }
  readonly doc_id: string
  readonly security?: SecuritySummary
}
