/** What became of the events that an OpenClaw gateway was given. */
export interface RecordingStats {
  /** What stands in the Gateway now. */
  readonly recorded: {
    /** Sessions made for runs. */
    readonly sessions: number
    /** Final answers and failures, as messages of the assistant. */
    readonly messages: number
    /** Times that a progress card was written. */
    readonly cards: number
  }
  /** What OpenClaw has no place for, in events. */
  readonly notRecorded: {
    /** Token usage: the Gateway counts what its own models use, and takes no other counts. */
    readonly usage: number
    /** Inputs of runs: the Gateway takes no messages of users from outside. */
    readonly inputs: number
    /** Inputs and outputs of tool calls and model calls: the progress card has their names and states only. */
    readonly payloads: number
    /** Pieces of text and progress. */
    readonly deltas: number
    /** Every other event. */
    readonly other: number
    /** Events that the Gateway refused, such as final answers where operator.admin is missing. */
    readonly refused: number
  }
}

type Counts<Part> = { -readonly [Name in keyof Part]: number }

/** Counts, and shows them. */
export interface RecordingCounter {
  readonly recorded: Counts<RecordingStats['recorded']>
  readonly notRecorded: Counts<RecordingStats['notRecorded']>
  snapshot(): RecordingStats
}

export function createRecordingCounter(): RecordingCounter {
  const recorded = { sessions: 0, messages: 0, cards: 0 }
  const notRecorded = { usage: 0, inputs: 0, payloads: 0, deltas: 0, other: 0, refused: 0 }
  return {
    recorded,
    notRecorded,
    snapshot: () => ({ recorded: { ...recorded }, notRecorded: { ...notRecorded } }),
  }
}
