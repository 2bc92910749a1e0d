import type { Usage } from '@pincer/protocol'
import type { RunOutcome } from '../events/event-feed.ts'
import { convertRunError } from '../events/convert-run-error.ts'
import { convertUsage } from './convert-usage.ts'
import type { RunResult } from './run.ts'

/** How a run ended, with what the Gateway said of it. */
export interface RunEnding extends RunOutcome {
  /** Epoch milliseconds. */
  readonly startedAt?: number
  /** Epoch milliseconds. */
  readonly endedAt?: number
  /** The Gateway's own answer. */
  readonly raw?: unknown
}

/** What the second answer of the `agent` method adds. */
export interface FinalAnswer {
  readonly usage?: Usage
  /** The whole text, where `agent.wait` cuts it at 4,096 characters. */
  readonly text?: string
  readonly stopReason?: string
}

type Fields = { readonly [name: string]: any }

const abortWords = /^(?:rpc|abort(?:ed)?|cancel(?:l?ed)?|killed|superseded|auth-revoked|user)$/

/**
 * Reads an answer of `agent.wait`: the ending, or `undefined` while the run goes on or where the Gateway does not know it.
 *
 * In this order: a word for aborted is `cancelled`; `ok` is `completed`; a timeout with anything beside it is `timed_out`; a bare one
 * says nothing; the rest is `failed`.
 */
export function convertWaitAnswer(payload: unknown): RunEnding | undefined {
  const found = readFields(payload)
  const status = convertStatus(found)
  if (status === 'accepted') return undefined
  const text = found['terminalReply']?.text
  return {
    status,
    raw: payload,
    ...(typeof text === 'string' ? { text } : {}),
    ...(typeof found['stopReason'] === 'string' ? { stopReason: found['stopReason'] } : {}),
    ...(status === 'failed' || typeof found['error'] === 'string'
      ? { error: convertRunError(found['error'] ?? describeOther(found)) }
      : {}),
    ...readTimes(found),
  }
}

function convertStatus(found: Fields): RunResult['status'] {
  const { status, stopReason } = found
  if (abortWords.test(String(status)) || abortWords.test(String(stopReason))) return 'cancelled'
  if (status === 'ok') return 'completed'
  // An `error` without a text, but with a reason to stop, was stopped on purpose too, such as by `/stop` in a chat.
  if (status === 'error' && found['error'] === undefined && stopReason === 'stop') return 'cancelled'
  if (status === 'error' && stopReason === 'timeout') return 'timed_out'
  if (status !== 'timeout') return 'failed'
  const facts = [found['endedAt'], found['error'], stopReason, found['livenessState']]
  return facts.some((fact) => fact !== undefined && fact !== null) ? 'timed_out' : 'accepted'
}

function describeOther(found: Fields): string | undefined {
  if (found['status'] === 'error') return undefined
  return 'the Gateway answered agent.wait in a way that this client does not know'
}

/** Reads the second answer of the `agent` method; `undefined` where it is no second one. */
export function convertFinalAnswer(payload: unknown): FinalAnswer | undefined {
  const found = readFields(payload)
  const meta: Fields = readFields(found['result']?.meta)
  const agent: Fields = readFields(meta['agentMeta'])
  if (found['result'] === undefined) return undefined
  const usage = convertUsage(agent['usage'], agent['provider'], agent['model'])
  const text = meta['finalAssistantVisibleText']
  return {
    ...(usage === undefined ? {} : { usage }),
    ...(typeof text === 'string' && text !== '' ? { text } : {}),
    ...(typeof meta['stopReason'] === 'string' ? { stopReason: meta['stopReason'] } : {}),
  }
}

/** Reads the first answer of the `agent` and `sessions.send` methods. */
export function convertAck(payload: unknown): {
  readonly runId?: string
  readonly sessionKey?: string
  readonly agentId?: string
} {
  const found = readFields(payload)
  return {
    ...(isText(found['runId']) ? { runId: found['runId'] } : {}),
    ...(isText(found['sessionKey']) ? { sessionKey: found['sessionKey'] } : {}),
    ...(isText(found['agentId']) ? { agentId: found['agentId'] } : {}),
  }
}

function readTimes(found: Fields): Pick<RunEnding, 'startedAt' | 'endedAt'> {
  const { startedAt, endedAt } = found
  return {
    ...(typeof startedAt === 'number' ? { startedAt } : {}),
    ...(typeof endedAt === 'number' ? { endedAt } : {}),
  }
}

function readFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
