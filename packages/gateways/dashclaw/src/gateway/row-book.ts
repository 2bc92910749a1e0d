import { createBoundedMap } from './bounded-map.ts'

/** What this process knows about a row of the server. */
export interface RowState {
  /** True once the row stands, or is known not to. */
  isKnown: boolean
  /** True where the server's guard refused the row and kept nothing of it. */
  isRefused: boolean
  /** True where a person is asked by it: what is recorded then leaves its status alone. */
  isQuestion: boolean
  /** The row of its own in which a person is asked about it, where that is another. */
  question: string | undefined
  /** How many questions to the guard about it are under way; one of them may come to ask a person by it. */
  deciding: number
  /** True where it was left waiting for a person because of such a question. */
  isLeftWaiting: boolean
}

/** The rows that this process has to do with; of 20,000 the oldest are forgotten. */
export interface RowBook {
  of(rowId: string): RowState
  /** Does work on a row after all that was begun on it before. */
  inOrder<Result>(rowId: string, work: (state: RowState) => Promise<Result>): Promise<Result>
}

const rememberedRows = 20_000

export function createRowBook(): RowBook {
  const states = createBoundedMap<RowState>(rememberedRows)
  const tails = new Map<string, Promise<unknown>>()

  function of(rowId: string): RowState {
    const known = states.get(rowId)
    if (known !== undefined) return known
    const made = {
      isKnown: false,
      isRefused: false,
      isQuestion: false,
      question: undefined,
      deciding: 0,
      isLeftWaiting: false,
    }
    states.set(rowId, made)
    return made
  }

  return {
    of,
    async inOrder(rowId, work) {
      const before = tails.get(rowId)
      const working = (async () => {
        await before?.catch(() => {})
        return await work(of(rowId))
      })()
      tails.set(rowId, working)
      try {
        return await working
      } finally {
        if (tails.get(rowId) === working) tails.delete(rowId)
      }
    },
  }
}
