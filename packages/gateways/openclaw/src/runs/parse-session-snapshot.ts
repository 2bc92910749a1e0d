import { convertUsage } from './convert-usage.ts'
import type { PendingInput, RunAudit, RunTask, SessionRow, SessionSnapshot } from './session-snapshot.ts'

type Fields = { readonly [name: string]: any }

const resumingTool = 'main_session_restart_recovery'

/** Reads what `chat.history` answers; an answer of another shape is a session without anything. */
export function parseSessionSnapshot(payload: unknown): SessionSnapshot {
  const found = readFields(payload)
  const info = readFields(found['sessionInfo'])
  const inFlight = readText(readFields(found['inFlightRun'])['runId'])
  const active = readList(info['activeRunIds']).filter((id): id is string => typeof id === 'string')
  return {
    rows: readList(found['messages']).map(parseRow),
    activeRunIds: inFlight === undefined || active.includes(inFlight) ? active : [...active, inFlight],
    pendingInputs: readList(readFields(found['pendingInputs'])['items']).flatMap(parsePendingInput),
    hasActiveRun: typeof info['hasActiveRun'] === 'boolean' ? info['hasActiveRun'] : undefined,
    status: readText(info['status']),
    ...(found['hasMore'] === true && typeof found['nextOffset'] === 'number'
      ? { nextOffset: found['nextOffset'] }
      : {}),
  }
}

/** Reads what `tasks.list` answers, without tasks that are no runs. */
export function parseRunTasks(payload: unknown): readonly RunTask[] {
  return readList(readFields(payload)['tasks']).flatMap((entry) => {
    const found = readFields(entry)
    const runId = readText(found['runId'])
    const status = readText(found['status'])
    if (runId === undefined || status === undefined) return []
    const sessionKey = readText(found['sessionKey'])
    const error = readText(found['error']) ?? readText(found['terminalSummary'])
    return [
      {
        runId,
        status,
        ...(sessionKey === undefined ? {} : { sessionKey }),
        ...(error === undefined ? {} : { error }),
      },
    ]
  })
}

/** Reads what `audit.list` answers for one run; `undefined` where it has nothing. */
export function parseRunAudit(payload: unknown): RunAudit | undefined {
  const events = readList(readFields(payload)['events']).map(readFields)
  if (events.length === 0) return undefined
  const sessionKey = events.map((event) => readText(event['sessionKey'])).find((key) => key !== undefined)
  const finished = events.find((event) => event['action'] === 'agent.run.finished')
  return {
    ...(sessionKey === undefined ? {} : { sessionKey }),
    ...(finished === undefined ? {} : { finished: readText(finished['status']) ?? 'unknown' }),
  }
}

function parseRow(message: unknown): SessionRow {
  const found = readFields(message)
  const own = readFields(found['__openclaw'])
  const role = readText(found['role']) ?? ''
  const key = readText(found['idempotencyKey']) ?? readText(own['idempotencyKey'])
  const keyed = /^(.+):(?:user|assistant)$/.exec(key ?? '')?.[1]
  const runId = readText(own['runId']) ?? keyed
  const text = readContent(found['content'])
  const stopReason = readText(found['stopReason'])
  const errorMessage = readText(found['errorMessage'])
  // The Gateway's own rows, such as the text kept of a stopped run, are no model calls.
  const usage =
    found['provider'] === 'openclaw'
      ? undefined
      : convertUsage(found['usage'], found['provider'], found['model'])
  const callId = readText(found['responseId']) ?? readText(own['id'])
  return {
    role,
    aborted: readFields(found['openclawAbort'])['aborted'] === true,
    resumes: readFields(found['provenance'])['sourceTool'] === resumingTool,
    ...(runId === undefined ? {} : { runId }),
    ...(text === undefined ? {} : { text }),
    ...(stopReason === undefined ? {} : { stopReason }),
    ...(errorMessage === undefined ? {} : { errorMessage }),
    ...(usage === undefined ? {} : { usage }),
    ...(callId === undefined ? {} : { callId }),
  }
}

function parsePendingInput(entry: unknown): readonly PendingInput[] {
  const found = readFields(entry)
  const runId = readText(found['runId'])
  const state = readText(found['state'])
  if (runId === undefined || state === undefined) return []
  return [{ runId, state, resumes: parseRow(found['message']).resumes }]
}

function readContent(content: unknown): string | undefined {
  if (typeof content === 'string') return content
  const texts = readList(content).flatMap((part) => {
    const { type, text } = readFields(part)
    return type === 'text' && typeof text === 'string' ? [text] : []
  })
  return texts.length === 0 ? undefined : texts.join('')
}

function readFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

function readList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function readText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
