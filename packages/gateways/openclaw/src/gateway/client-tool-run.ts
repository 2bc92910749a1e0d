import {
  type ClawEvent,
  type GatewayRun,
  isTerminalEvent,
  type RequestOptions,
  type RunResult,
} from '@pincer/protocol'
import type { Run } from '../runs/run.ts'
import type { ChatTurn } from './chat-request.ts'
import { readToolCalls } from './parse-chat-chunk.ts'

// Node takes a longer delay for one millisecond.
const longestTimerMs = 2_147_483_647

/** What a run that leaves tools to its caller is made of. */
export interface ClientToolRunParts {
  /** The run as the Gateway tells of it over the WebSocket. */
  readonly run: Run
  /** The same run over HTTP, where it names the calls. */
  readonly turn: ChatTurn
  /** Names of the tools that are the caller's. */
  readonly toolNames: ReadonlySet<string>
  /** Breaks the HTTP request off, which stops the run. */
  readonly stop: () => void
  /** Longest run in milliseconds; HTTP has none of its own. */
  readonly timeoutMs: number | undefined
}

/**
 * A run that leaves tools to its caller.
 *
 * Its events come over the WebSocket like those of any run. The Gateway tells calls of the caller's tools as if they had been made: those
 * are left out, and stand in the result as `toolCalls`.
 */
export function createClientToolRun(parts: ClientToolRunParts): GatewayRun {
  const { run, turn, toolNames, stop, timeoutMs } = parts
  let timedOut = false
  // The client keeps one log per run and shows it from its start, so that the clock only has to stop the run.
  const clock =
    timeoutMs === undefined
      ? undefined
      : setTimeout(
          () => {
            timedOut = true
            void cancel('timed out').catch(() => {})
          },
          Math.min(timeoutMs, longestTimerMs),
        )
  turn.answer.catch(() => {}).finally(() => clearTimeout(clock))

  async function cancel(reason?: string): Promise<void> {
    try {
      await run.cancel(reason)
    } finally {
      stop()
    }
  }

  async function* events(options: RequestOptions = {}): AsyncGenerator<ClawEvent, void, undefined> {
    const own = new Set<string>()
    let seq = 0
    for await (const event of run.events(options)) {
      if (isCallersTool(event, toolNames, own)) continue
      // What is left out leaves no hole.
      yield retime(event.seq === undefined ? event : { ...event, seq: ++seq }, timedOut)
    }
  }

  return {
    runId: turn.runId,
    ...(run.sessionKey === undefined ? {} : { sessionKey: run.sessionKey }),
    events,
    async wait(options) {
      const result = await run.wait(options)
      if (result.status === 'cancelled' && timedOut) return { ...result, status: 'timed_out' }
      if (result.status !== 'completed') return result
      return { ...result, ...(await readAnswer(turn, result)) }
    },
    cancel,
  }
}

/** What only the HTTP answer tells: the calls of the caller's tools. */
async function readAnswer(turn: ChatTurn, result: RunResult): Promise<Partial<RunResult>> {
  const answer = await turn.answer
  const toolCalls = readToolCalls(answer)
  if (toolCalls.length > 0) return { stopReason: 'tool_calls', toolCalls }
  return result.text === undefined && answer.text !== '' ? { text: answer.text } : {}
}

function isCallersTool(event: ClawEvent, names: ReadonlySet<string>, own: Set<string>): boolean {
  if (event.type === 'tool.call.started' && names.has(event.data.name)) own.add(event.data.toolCallId)
  switch (event.type) {
    case 'tool.call.started':
    case 'tool.call.delta':
    case 'tool.call.completed':
    case 'tool.call.failed':
      return own.has(event.data.toolCallId)
    default:
      return false
  }
}

function retime(event: ClawEvent, timedOut: boolean): ClawEvent {
  return timedOut && isTerminalEvent(event) && event.type === 'run.cancelled'
    ? { ...event, type: 'run.timed_out' }
    : event
}
