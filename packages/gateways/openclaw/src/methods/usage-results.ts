/** Sums of tokens and cost; `input` does not include the cache. */
export interface UsageTotals {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly totalTokens: number
  /** US dollars. */
  readonly totalCost: number
  readonly inputCost: number
  readonly outputCost: number
  readonly cacheReadCost: number
  readonly cacheWriteCost: number
  /** Model calls of which no price is known. */
  readonly missingCostEntries: number
}

/** How far the Gateway has read its transcripts; `refreshing` means that the numbers still grow. */
interface UsageCacheStatus {
  readonly status: string
  readonly cachedFiles: number
  readonly pendingFiles: number
  readonly staleFiles: number
}

/** What the providers say of the plans they bill. */
export interface UsageStatus {
  /** Epoch milliseconds. */
  readonly updatedAt: number
  readonly providers: readonly Readonly<Record<string, unknown>>[]
}

/** Narrows `usage.cost`. */
export interface UsageCostParams {
  readonly days?: number
  readonly startDate?: string
  readonly endDate?: string
}

/** Tokens and cost of the whole Gateway by day. */
export interface UsageCost {
  readonly updatedAt: number
  readonly days: number
  readonly daily: readonly (UsageTotals & { readonly date: string })[]
  readonly totals: UsageTotals
  readonly cacheStatus?: UsageCacheStatus
}

/** Tokens and cost of one session. */
export interface SessionUsage extends UsageTotals {
  readonly messageCounts?: Readonly<Record<string, number>>
  readonly modelUsage?: readonly {
    readonly provider?: string
    readonly model?: string
    readonly count: number
    readonly totals: UsageTotals
  }[]
}

/** Tokens and cost by session. */
export interface SessionsUsage {
  readonly updatedAt: number
  readonly startDate: string
  readonly endDate: string
  readonly sessions: readonly {
    readonly key: string
    readonly sessionId?: string
    readonly agentId?: string
    readonly label?: string
    /** Null while the transcript was not read yet. */
    readonly usage: SessionUsage | null
  }[]
  readonly totals: UsageTotals
  readonly cacheStatus?: UsageCacheStatus
}

/** The model calls of one session, in order. */
export interface UsageTimeseries {
  readonly sessionId?: string
  readonly points: readonly {
    /** Epoch milliseconds. */
    readonly timestamp: number
    readonly input: number
    readonly output: number
    readonly cacheRead: number
    readonly cacheWrite: number
    readonly totalTokens: number
    readonly cost: number
    readonly cumulativeTokens: number
    readonly cumulativeCost: number
  }[]
}

/** Names the session whose messages are wanted. */
export interface UsageLogsParams {
  readonly key: string
  readonly limit?: number
}

/** The messages of one session with what they cost. */
export interface UsageLogs {
  readonly logs: readonly {
    /** Epoch milliseconds. */
    readonly timestamp: number
    readonly role: string
    readonly content: string
    readonly tokens?: number
    readonly cost?: number
  }[]
}
