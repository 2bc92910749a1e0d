import type { Method } from './method.ts'
import type {
  SnippetDeleted,
  SnippetDetails,
  SnippetFound,
  SnippetList,
  SnippetQuery,
  SnippetSaved,
} from './snippet-results.ts'

/** Snippets: code that agents use again. */
export const snippetMethods = {
  /** Saves a snippet, over the one of the same name. */
  saveSnippet: {
    verb: 'POST',
    path: '/api/snippets',
    params: ['name', 'code', '...details?'],
    own: { agent_id: 'agentId' },
    isRepeatable: true,
    servers: '2.0',
  } as Method<(name: string, code: string, details?: SnippetDetails) => Promise<SnippetSaved>>,
  /** Finds snippets. */
  getSnippets: {
    verb: 'GET',
    path: '/api/snippets',
    params: ['...filters?'],
    servers: '2.0',
  } as Method<(filters?: SnippetQuery) => Promise<SnippetList>>,
  /** Gets one snippet. */
  getSnippet: {
    verb: 'GET',
    path: '/api/snippets/{snippet_id}',
    params: ['snippet_id'],
    servers: '2.0',
  } as Method<(snippetId: string) => Promise<SnippetFound>>,
  /** Counts one more use of a snippet. */
  useSnippet: {
    verb: 'POST',
    path: '/api/snippets/{snippet_id}/use',
    params: ['snippet_id'],
    servers: '2.0',
  } as Method<(snippetId: string) => Promise<SnippetFound>>,
  /** Deletes a snippet. */
  deleteSnippet: {
    verb: 'DELETE',
    path: '/api/snippets',
    params: ['id'],
    servers: '2.0',
  } as Method<(snippetId: string) => Promise<SnippetDeleted>>,
}
