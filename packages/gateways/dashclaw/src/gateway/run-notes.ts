import { callMethod, type CallContext } from '../methods/bind-methods.ts'
import { integrityMethods } from '../methods/integrity-methods.ts'
import { messageMethods } from '../methods/message-methods.ts'
import { DashClawError } from '../request/dashclaw-error.ts'
import { createBoundedMap } from './bounded-map.ts'
import type { RunNotes } from './parse-run-notes.ts'
import { partOfRow } from './row-id.ts'

/** Writes what a run's metadata says beside its row. */
export type WriteRunNotes = (
  rowId: string,
  notes: RunNotes,
  agentId: string | undefined,
  signal: AbortSignal | undefined,
) => Promise<void>

const rememberedNotes = 10_000

/** Makes what writes the loops, assumptions and messages of runs, each once; what the server refuses is a warning. */
export function createRunNotes(context: CallContext, onWarning: (warning: string) => void): WriteRunNotes {
  const written = createBoundedMap<true>(rememberedNotes)

  async function once(key: string, write: () => Promise<unknown>): Promise<void> {
    if (written.has(key)) return
    try {
      await write()
    } catch (error) {
      if (!(error instanceof DashClawError) || error.retryable || error.status === undefined) throw error
      // 409: an earlier sending has arrived.
      if (error.status !== 409) onWarning(`what a run's metadata says was refused: ${error.message}`)
    }
    written.set(key, true)
  }

  return async (rowId, { loops, assumptions, messages }, agentId, signal) => {
    const options = signal === undefined ? {} : { signal }
    for (const [place, { type, description, details }] of loops.entries()) {
      const loopId = partOfRow('loop', rowId, place)
      await once(loopId, () =>
        callMethod(context, 'registerOpenLoop', integrityMethods.registerOpenLoop, [
          rowId,
          type,
          description,
          { ...details, loop_id: loopId },
          options,
        ]),
      )
    }
    for (const [place, { assumption, ...details }] of assumptions.entries()) {
      const assumptionId = partOfRow('asm', rowId, place)
      await once(assumptionId, () =>
        callMethod(context, 'registerAssumption', integrityMethods.registerAssumption, [
          rowId,
          assumption,
          { ...details, assumption_id: assumptionId },
          options,
        ]),
      )
    }
    for (const [place, message] of messages.entries()) {
      const own = agentId === undefined ? {} : { from_agent_id: agentId }
      await once(`message ${place} ${rowId}`, () =>
        callMethod(context, 'sendMessage', messageMethods.sendMessage, [
          { ...message, ...own, action_id: rowId },
          options,
        ]),
      )
    }
  }
}
