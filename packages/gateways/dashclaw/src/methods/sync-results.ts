type Rows = readonly Readonly<Record<string, unknown>>[]

/** Everything that an agent knows; servers take 1,000 to 5,000 rows of a kind, and ignore kinds they do not know. */
export interface AgentState {
  /** The client's own where it is absent. */
  readonly agent_id?: string
  readonly connections?: Rows
  readonly memory?: Readonly<Record<string, unknown>>
  readonly goals?: Rows
  readonly learning?: Rows
  /** Sent with `learning`, as servers call it. */
  readonly decisions?: Rows
  readonly content?: Rows
  readonly inspiration?: Rows
  readonly context_points?: Rows
  readonly context_threads?: Rows
  readonly handoffs?: Rows
  readonly preferences?: {
    readonly observations?: Rows
    readonly preferences?: Rows
    readonly moods?: Rows
    readonly approaches?: Rows
  }
  readonly snippets?: Rows
  readonly capabilities?: Rows
  readonly relationships?: Rows
  /** Sent as the document has it; the servers that were read ignore it: `createAction()` records actions. */
  readonly actions?: Rows
}

/** What was taken of a state. */
export interface StateSynced {
  /** By kind. */
  readonly results: Readonly<
    Record<string, { readonly synced: number; readonly errors?: readonly unknown[] | number }>
  >
  readonly total_synced: number
  readonly total_errors: number
  readonly duration_ms: number
}
