import type { Count } from './answer-parts.ts'

/** Feedback to submit: a rating, a comment, or both. */
export interface FeedbackInput {
  /** Integer from 1 to 5. */
  readonly rating?: number
  readonly comment?: string
  /** The action it is about. */
  readonly action_id?: string
  /** The agent it is about; the client's own where it is absent. */
  readonly agent_id?: string
  /** `general` where it is absent. */
  readonly category?: string
  /** The server adds those that it finds in the comment. */
  readonly tags?: readonly string[]
  readonly metadata?: Readonly<Record<string, unknown>>
  /** Where it comes from; `sdk` where it is absent. */
  readonly source?: string
}

/** What the server makes of a rating and a comment. */
type Sentiment = 'positive' | 'negative' | 'neutral'

/** Feedback that was submitted. */
export interface FeedbackSubmitted {
  /** `fb_…`. */
  readonly id: string
  readonly sentiment: Sentiment
  readonly tags: readonly string[]
}

/** Feedback as the server keeps it. */
export interface FeedbackRow {
  /** `fb_…`. */
  readonly id: string
  readonly action_id?: string
  readonly agent_id?: string
  readonly source?: string
  readonly rating: number | null
  readonly sentiment: Sentiment
  readonly category: string
  readonly comment: string
  /** A list, or a list as JSON text. */
  readonly tags: readonly string[] | string
  readonly metadata?: Readonly<Record<string, unknown>> | string
  readonly resolved: boolean
  readonly resolved_by?: string | null
  /** ISO 8601. */
  readonly resolved_at?: string | null
  readonly created_by?: string
  /** ISO 8601. */
  readonly created_at?: string
}

/** What a listing of feedback can be narrowed by. */
export interface FeedbackQuery {
  readonly action_id?: string
  readonly agent_id?: string
  readonly category?: string
  readonly sentiment?: Sentiment
  readonly resolved?: boolean
  /** 50 where it is absent, 200 at most. */
  readonly limit?: number
  readonly offset?: number
}

/** Feedback, newest first; `total` counts this page. */
export interface FeedbackList {
  readonly feedback: readonly FeedbackRow[]
  readonly total: number
}

/** Feedback in numbers. */
export interface FeedbackStats {
  readonly overall: {
    readonly total_feedback?: Count
    readonly avg_rating?: Count | null
    readonly positive_count?: Count
    readonly negative_count?: Count
    readonly neutral_count?: Count
    readonly unresolved_count?: Count
    readonly today_count?: Count
  }
  readonly by_category: readonly {
    readonly category: string
    readonly count: Count
    readonly avg_rating?: Count | null
  }[]
  readonly by_agent: readonly {
    readonly agent_id: string
    readonly count: Count
    readonly avg_rating?: Count | null
    readonly positive?: Count
    readonly negative?: Count
  }[]
  readonly rating_distribution: readonly { readonly rating: number; readonly count: Count }[]
  readonly top_tags: readonly { readonly tag: string; readonly count: Count }[]
}
