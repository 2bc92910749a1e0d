import type { GatewayEvent, TaskData } from '@pincer/protocol'
import type { NormalizerState } from './normalizer-state.ts'
import { findRun, ownRunId } from './open-run.ts'
import { type Fields, parseCount, parseFields, parseId, parseText } from './parse-fields.ts'

/**
 * Reads `task`: a row of the Gateway's tasks that changed; returns false where it is none.
 *
 * Rows change before their run has started and after it has ended too: such changes are told beside the run's sequence.
 */
export function convertTask(state: NormalizerState, payload: Fields, frame: GatewayEvent): boolean {
  const task = parseFields(payload['task'])
  const taskId = parseId(task['taskId']) ?? parseId(task['id']) ?? parseId(payload['taskId'])
  if (taskId === undefined) return false
  const runId = parseId(task['runId'])
  const times = [task['updatedAt'], task['endedAt'], parseFields(task['execution'])['lastActivityAt']]
  const ts = times.reduce<number>((last, time) => Math.max(last, parseCount(time) ?? 0), 0) || state.now()
  const title = parseText(task['title'])
  const status = parseText(task['status']) ?? (payload['action'] === 'deleted' ? 'deleted' : 'unknown')
  const data: TaskData = { status, ...(title === undefined ? {} : { title }) }
  const run = findRun(state, runId)
  if (run?.started !== undefined) {
    state.teller.inRun(run, 'task.updated', data, frame, ts, undefined, undefined, taskId)
    return true
  }
  state.teller.beside('task.updated', data, frame, {
    ts,
    taskId,
    runId: runId === undefined ? undefined : ownRunId(state, runId),
    sessionKey: parseId(task['sessionKey']),
    agentId: parseId(task['agentId']),
  })
  return true
}
