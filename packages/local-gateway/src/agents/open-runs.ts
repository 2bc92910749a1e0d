import type { ClawEvent } from '@pincer/protocol'
import type { EventLog } from '../record/event-log.ts'
import type { RunRecorder } from './run-recorder.ts'

/** The runs of the gateway's own agents that are under way in this process. */
export interface OpenRuns {
  add(recorder: RunRecorder): void
  remove(runId: string): void
  /** Writes an event of the gateway: into the run that it belongs to where this process runs it, else as a provisional one. */
  announce(event: ClawEvent): void
}

/** Makes the list of open runs. */
export function createOpenRuns(eventLog: EventLog): OpenRuns {
  const recorders = new Map<string, RunRecorder>()
  return {
    add: (recorder) => {
      recorders.set(recorder.runId, recorder)
    },
    remove: (runId) => {
      recorders.delete(runId)
    },
    announce: (event) => {
      const recorder = event.runId === undefined ? undefined : recorders.get(event.runId)
      if (recorder?.adopt(event) !== true) eventLog.announce(event)
    },
  }
}
