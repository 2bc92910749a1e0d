import { randomUUID } from 'node:crypto'
import {
  type AgentRunner,
  type AgentRunRequest,
  type ClawEvent,
  type ClawEventData,
  type ClawEventType,
  GatewayError,
  type GatewayRun,
  isTerminalEvent,
  type RunResult,
} from '@pincer/protocol'
import { atMost, createEventLog, type EventLog } from './fake-event-log.ts'

/** Tells an event of a fake run. */
type TellFake = <Type extends ClawEventType>(type: Type, data: ClawEventData[Type], actionId?: string) => void

/**
 * What a fake agent does with a run; what it throws fails the run.
 *
 * `signal` is aborted where the run is cancelled or its time is over.
 */
export type FakeAgent = (
  request: AgentRunRequest,
  tell: TellFake,
  signal: AbortSignal,
) => Promise<Omit<RunResult, 'runId' | 'status' | 'sessionKey'>>

type Ending = { readonly status: 'cancelled' | 'timed_out'; readonly reason: string }

/** The one agent that a fake gateway runs. */
export const fakeAgentId = 'fake'

/** Makes the agents of a fake gateway: one, that `agentOf` gives for each run; `begin` comes before every answer. */
export function createFakeAgents(
  agentOf: () => FakeAgent,
  begin: (signal: AbortSignal | undefined) => Promise<void>,
): AgentRunner {
  const runs = new Map<string, GatewayRun>()

  function start(request: AgentRunRequest): GatewayRun {
    const runId = `fake-run-${randomUUID()}`
    const { sessionKey = `fake-session-${randomUUID()}`, agentId, parentRunId, timeoutMs } = request
    const log = createEventLog()
    const stopper = new AbortController()
    let seq = 0
    const tell: TellFake = (type, data, actionId) => {
      const place = actionId === undefined ? {} : { actionId }
      const parent = parentRunId === undefined ? {} : { parentRunId }
      const id = `${runId}.${++seq}`
      // `type` and `data` belong together by the signature, which the union cannot see.
      const event = {
        version: 1,
        id,
        ts: Date.now(),
        type,
        runId,
        seq,
        agentId,
        sessionKey,
        ...parent,
        ...place,
        data,
      }
      log.add(event as unknown as ClawEvent)
    }
    const stop = (ending: Ending): void => stopper.abort(ending)
    const cancel = (): void => stop({ status: 'cancelled', reason: 'the caller aborted it' })
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => stop(tooLong), timeoutMs)
    request.signal?.addEventListener('abort', cancel, { once: true })
    const result = conduct(request, agentOf(), tell, stopper.signal)
      .then((outcome): RunResult => ({ runId, sessionKey, ...outcome }))
      .finally(() => {
        clearTimeout(timer)
        request.signal?.removeEventListener('abort', cancel)
      })
    const run = createHandle(runId, sessionKey, log, result, (reason) =>
      stop({ status: 'cancelled', reason }),
    )
    runs.set(runId, run)
    return run
  }

  return {
    takes: ['model', 'tools', 'timeoutMs', 'parentRunId', 'thinking', 'label'],
    async list(options) {
      await begin(options?.signal)
      return [{ agentId: fakeAgentId }]
    },
    async run(request) {
      await begin(request.signal)
      if (request.agentId === fakeAgentId) return start(request)
      throw new GatewayError(`there is no agent ${request.agentId}`, {
        status: 404,
        gatewayCode: 'unknown_agent',
      })
    },
    async get(runId, known) {
      await begin(known?.signal)
      return runs.get(runId)
    },
  }
}

const tooLong: Ending = { status: 'timed_out', reason: 'the run took too long' }

async function conduct(
  request: AgentRunRequest,
  agent: FakeAgent,
  tell: TellFake,
  signal: AbortSignal,
): Promise<Omit<RunResult, 'runId'>> {
  tell('run.started', { name: request.label ?? fakeAgentId })
  const stopped = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  try {
    const outcome = await Promise.race([agent(request, whileOpen(tell, signal), signal), stopped])
    tell('run.completed', {
      ...(outcome.text === undefined ? {} : { output: outcome.text }),
      ...(outcome.stopReason === undefined ? {} : { stopReason: outcome.stopReason }),
    })
    return { status: 'completed', ...outcome }
  } catch (error) {
    if (signal.aborted) {
      const { status, reason }: Ending = signal.reason
      tell(`run.${status}`, { reason })
      return { status, error: { message: reason, code: status } }
    }
    const message = error instanceof Error ? error.message : String(error)
    tell('run.failed', { error: { message } })
    return { status: 'failed', error: { message } }
  }
}

/** What an agent tells after its run was stopped is too late. */
function whileOpen(tell: TellFake, signal: AbortSignal): TellFake {
  return (type, data, actionId) => (signal.aborted ? undefined : tell(type, data, actionId))
}

function createHandle(
  runId: string,
  sessionKey: string,
  log: EventLog,
  result: Promise<RunResult>,
  stop: (reason: string) => void,
): GatewayRun {
  return {
    runId,
    sessionKey,
    async *events({ signal } = {}) {
      for await (const event of log.read(signal)) {
        yield event
        if (isTerminalEvent(event)) return
      }
    },
    async wait({ timeoutMs, signal } = {}) {
      return (await atMost(result, timeoutMs, signal)) ?? { runId, sessionKey, status: 'accepted' }
    },
    async cancel(reason = 'the caller cancelled it') {
      stop(reason)
      await result
    },
  }
}
