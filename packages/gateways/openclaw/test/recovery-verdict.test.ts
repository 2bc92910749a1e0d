import { expect, test } from 'vitest'
import { judgeRun, type RunEvidence } from '../src/runs/judge-run.ts'
import { parseRunAudit, parseRunTasks, parseSessionSnapshot } from '../src/runs/parse-session-snapshot.ts'
import { answersTo, assistantRow, history, userRow } from './runs-transport.ts'

type More = Parameters<typeof history>[1]

function judge(
  messages: readonly unknown[],
  more: More = {},
  rest: Partial<Omit<RunEvidence, 'session'>> = {},
): unknown {
  return judgeRun({
    runIds: ['mine'],
    tasks: [],
    ...rest,
    session: parseSessionSnapshot(history(messages, more)),
  })
}

const pending = (runId: string, state: string, resumes = false): unknown => ({
  runId,
  state,
  message: {
    role: 'user',
    ...(resumes ? { provenance: { sourceTool: 'main_session_restart_recovery' } } : {}),
  },
})
const afterCrash: More = { info: { hasActiveRun: false, activeRunIds: [], status: 'running' } }

test('reads the captured transcript of a run that a killed Gateway resumed', () => {
  const [queued, running] = answersTo('reconnect-sigkill', 'chat.history').map(({ payload }) =>
    parseSessionSnapshot(payload),
  )
  const tasks = answersTo('reconnect-sigkill', 'tasks.list').flatMap(({ payload }) => parseRunTasks(payload))
  const interrupted = '1c5797f3-02ef-44f7-9cac-5f3de25da262'
  const resumed = '33da62e9-98ff-4c01-801c-a91432bf3a44'
  for (const session of [queued, running]) {
    if (session === undefined) throw new Error('the fixture has two transcripts')
    expect(judgeRun({ runIds: [interrupted], session, tasks: [] })).toEqual({
      state: 'resumed',
      runId: resumed,
    })
    expect(judgeRun({ runIds: [interrupted], session, tasks })).toEqual({ state: 'resumed', runId: resumed })
    expect(judgeRun({ runIds: [interrupted, resumed], session, tasks: [] })).toEqual({ state: 'active' })
    expect(judgeRun({ runIds: ['f8d54a91-4e45-4646-9082-ebe716aabfbc'], session, tasks })).toMatchObject({
      state: 'ended',
      ending: { status: 'completed', text: 'finished before the restart' },
    })
  }
})

test('reads the captured audit of that run: a start, and no end', () => {
  const events = answersTo('reconnect-sigkill', 'audit.list')
    .flatMap(({ payload }) => payload['events'] as readonly { readonly runId: string }[])
    .filter(({ runId }) => runId === '1c5797f3-02ef-44f7-9cac-5f3de25da262')
  expect(parseRunAudit({ events })).toEqual({ sessionKey: 'agent:main:rc-sigkill' })
  expect(parseRunAudit({ events: [] })).toBeUndefined()
})

test.each([
  ['is in flight', {}, { rest: { inFlightRun: { runId: 'mine', text: 'w0' } } }],
  ['is among the active ones', {}, { info: { activeRunIds: ['mine'], hasActiveRun: true } }],
  ['waits for its turn', {}, { pending: [pending('mine', 'queued')] }],
  ['has a task at work', { tasks: [{ runId: 'mine', status: 'running' }] }, {}],
  ['has a task that waits', { tasks: [{ runId: 'mine', status: 'queued' }] }, {}],
])('calls a run active that %s', (_name, rest, more) => {
  expect(judge([userRow('mine')], more, rest)).toEqual({ state: 'active' })
})

test.each([
  ['by its message', [userRow('mine'), userRow('new', true)], {}],
  ['that waits to begin', [userRow('mine')], { pending: [pending('new', 'queued', true)] }],
  ['after an earlier one', [userRow('mine'), userRow('first', true), userRow('new', true)], {}],
  ['that has ended already', [userRow('mine'), userRow('new', true), assistantRow('new', 'x')], {}],
])('finds a resumption %s', (_name, rows, more) => {
  expect(judge(rows, more)).toEqual({ state: 'resumed', runId: 'new' })
})

test.each([
  ['of a run that came after', [userRow('mine'), userRow('other'), userRow('new', true)]],
  ['of a run that came before', [userRow('other'), userRow('new', true), userRow('mine')]],
  ['where the run is in no row', [userRow('other'), userRow('new', true)]],
])('does not take the resumption %s for its own', (_name, rows) => {
  expect(judge(rows)).not.toMatchObject({ state: 'resumed' })
})

test('follows a run over a second restart', () => {
  const rows = [userRow('mine'), userRow('first', true), userRow('second', true)]
  const session = parseSessionSnapshot(history(rows))
  expect(judgeRun({ runIds: ['mine', 'first'], tasks: [], session })).toEqual({
    state: 'resumed',
    runId: 'second',
  })
})

test.each([
  [{ role: 'assistant', stopReason: 'stop' }, 'completed'],
  [{ role: 'assistant', stopReason: 'length' }, 'completed'],
  [{ role: 'assistant', stopReason: 'aborted', errorMessage: 'request timed out' }, 'timed_out'],
  [{ role: 'assistant', stopReason: 'aborted' }, 'cancelled'],
  [{ role: 'assistant', openclawAbort: { aborted: true, runId: 'mine' } }, 'cancelled'],
])('takes the end of a run from its last row %o', (row, status) => {
  expect(judge([userRow('mine'), assistantRow('mine', 'said', row)])).toMatchObject({
    state: 'ended',
    ending: { status, text: 'said' },
  })
})

test('does not take a call of a tool for the end', () => {
  const rows = [userRow('mine'), assistantRow('mine', 'let me look', { stopReason: 'toolUse' })]
  expect(judge(rows, afterCrash)).toEqual({ state: 'owed' })
  expect(judge(rows)).toEqual({ state: 'lost', final: false })
})

test('calls a run owed while its session is said to run, and nothing runs', () => {
  expect(judge([userRow('mine')], afterCrash)).toEqual({ state: 'owed' })
  expect(judge([userRow('mine'), userRow('other')], afterCrash)).toEqual({ state: 'lost', final: false })
})

test('calls a run lost that the Gateway says was interrupted before it began', () => {
  const tasks = [
    { runId: 'mine', status: 'cancelled', error: 'Task execution process exited before restart.' },
  ]
  expect(judge([], { pending: [pending('mine', 'interrupted')] }, { tasks })).toEqual({
    state: 'lost',
    final: true,
  })
})

test('calls a run cancelled whose message was taken back', () => {
  expect(judge([], { pending: [pending('mine', 'cancelled')] })).toMatchObject({
    state: 'ended',
    ending: { status: 'cancelled' },
  })
})

test.each([
  ['completed', 'completed'],
  ['failed', 'failed'],
  ['timed_out', 'timed_out'],
  ['cancelled', 'cancelled'],
])('takes a task that is %s for the end', (task, status) => {
  expect(judge([userRow('mine')], {}, { tasks: [{ runId: 'mine', status: task }] })).toMatchObject({
    state: 'ended',
    ending: { status },
  })
})

test('takes a failed attempt for the end only where nothing runs any more', () => {
  const rows = [userRow('mine'), assistantRow('mine', '', { stopReason: 'error', errorMessage: 'no' })]
  expect(judge(rows, { info: { hasActiveRun: true, activeRunIds: [] } })).toEqual({ state: 'unclear' })
  expect(judge(rows)).toMatchObject({
    state: 'ended',
    ending: { status: 'failed', error: { message: 'no' } },
  })
})

test('calls a run unknown without any trace', () => {
  expect(judge([])).toEqual({ state: 'unknown' })
  expect(judgeRun({ runIds: ['mine'], tasks: [] })).toEqual({ state: 'unknown' })
  expect(judgeRun({ runIds: ['mine'], tasks: [], audit: {} })).toEqual({ state: 'lost', final: false })
})

test.each([
  undefined,
  null,
  'text',
  [],
  { messages: 5, pendingInputs: [], sessionInfo: 7, inFlightRun: 'x' },
])('reads nothing out of the answer %o', (payload) => {
  expect(parseSessionSnapshot(payload)).toMatchObject({ rows: [], activeRunIds: [], pendingInputs: [] })
  expect(parseRunTasks(payload)).toEqual([])
  expect(parseRunAudit(payload)).toBeUndefined()
})
