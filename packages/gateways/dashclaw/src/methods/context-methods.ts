import type {
  ContextEntryAdded,
  ContextThreadCreated,
  ContextThreadFound,
  ContextThreadInput,
  ContextThreadList,
  ContextThreadQuery,
  KeyPointCaptured,
  KeyPointDetails,
  KeyPointList,
  KeyPointQuery,
} from './context-results.ts'
import { convertKeyPoint } from './convert-key-point.ts'
import type { Method } from './method.ts'

/** Context: what is worth keeping of a conversation, and the threads it runs in. */
export const contextMethods = {
  /** Keeps a point that matters. */
  captureKeyPoint: {
    verb: 'POST',
    path: '/api/context/points',
    params: ['content', '...details?'],
    own: { agent_id: 'agentId' },
    convertInput: convertKeyPoint,
    servers: '2.0',
  } as Method<(content: string, details?: KeyPointDetails) => Promise<KeyPointCaptured>>,
  /** Lists the points that the agent kept. */
  getKeyPoints: {
    verb: 'GET',
    path: '/api/context/points',
    params: ['...filters?'],
    own: { agent_id: 'agentId' },
    servers: '2.0',
  } as Method<(filters?: KeyPointQuery) => Promise<KeyPointList>>,
  /** Opens a thread of context; one of the agent with the same name is taken up again. */
  createThread: {
    verb: 'POST',
    path: '/api/context/threads',
    params: ['...thread'],
    own: { agent_id: 'agentId' },
    isRepeatable: true,
    servers: '2.0',
  } as Method<(thread: ContextThreadInput) => Promise<ContextThreadCreated>>,
  /** Adds an entry to a thread that is not closed. */
  addThreadEntry: {
    verb: 'POST',
    path: '/api/context/threads/{thread_id}/entries',
    params: ['thread_id', 'content', 'entry_type?'],
    defaults: { entry_type: 'note' },
    servers: '2.0',
  } as Method<
    (
      threadId: string,
      content: string,
      /** `note` where it is absent. */
      entryType?: string,
    ) => Promise<ContextEntryAdded>
  >,
  /** Closes a thread. */
  closeThread: {
    verb: 'PATCH',
    path: '/api/context/threads/{thread_id}',
    params: ['thread_id', 'summary?'],
    fixed: { status: 'closed' },
    isRepeatable: true,
    servers: '2.0',
  } as Method<(threadId: string, summary?: string) => Promise<ContextThreadFound>>,
  /** Lists the agent's threads. */
  getThreads: {
    verb: 'GET',
    path: '/api/context/threads',
    params: ['...filters?'],
    own: { agent_id: 'agentId' },
    servers: '2.0',
  } as Method<(filters?: ContextThreadQuery) => Promise<ContextThreadList>>,
}
