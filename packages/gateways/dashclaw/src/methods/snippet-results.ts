import type { SecuritySummary } from './action-results.ts'

/** What may be told of a snippet beside its code. */
export interface SnippetDetails {
  readonly description?: string
  /** Such as `python`. */
  readonly language?: string
  readonly tags?: readonly string[]
  /** The client's own where it is absent. */
  readonly agent_id?: string
}

/** A snippet as the server keeps it. */
interface Snippet {
  readonly id: string
  readonly name: string
  readonly code: string
  readonly description?: string | null
  readonly language?: string | null
  /** A list, or JSON text of it from servers on Postgres. */
  readonly tags?: readonly string[] | string | null
  readonly agent_id?: string | null
  readonly use_count?: number
  /** ISO 8601. */
  readonly created_at?: string
}

/** A snippet that was saved. */
export interface SnippetSaved {
  readonly snippet: Snippet
  readonly snippet_id: string
  readonly security?: SecuritySummary
}

/** What snippets can be found by. */
export interface SnippetQuery {
  readonly search?: string
  readonly tag?: string
  readonly language?: string
  /** 50 where it is absent, 200 at most. */
  readonly limit?: number
}

/** Snippets; `total` counts this page. */
export interface SnippetList {
  readonly snippets: readonly Snippet[]
  readonly total: number
}

/** One snippet. */
export interface SnippetFound {
  readonly snippet: Snippet
}

/** A snippet that was deleted. */
export interface SnippetDeleted {
  readonly deleted: true
  readonly id: string
}
