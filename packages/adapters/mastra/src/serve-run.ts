import { randomUUID } from 'node:crypto'

import {
  type AgentRunRequest,
  checkOptionNames,
  describeValue,
  type Gateway,
  type GatewayRun,
  PincerError,
  type RunResult,
  type SessionMessage,
  type ToolCallRequest,
  type ToolDescription,
  UnsupportedByGatewayError,
} from '@pincer/protocol'

import type { Caller } from './serve-call.ts'

/** What an agent is asked to do with the served tools. */
export interface ServedRunRequest extends Omit<AgentRunRequest, 'tools'> {
  /** Most runs of the agent until it is done: one, and one more for each round of tool calls; default 20. */
  readonly maxRuns?: number
  /** Told of each run as it starts, so that its events can be read. */
  readonly onRun?: (run: GatewayRun) => void
}

/** What the last of the runs came to. */
export interface ServedRunResult extends RunResult {
  /** The ids of all the runs, in their order. */
  readonly runIds: readonly string[]
}

/** What {@link runWithTools} needs. */
export interface RunTools {
  readonly gateway: Gateway
  /** The run that goes on here now, which the gateway's runs stand below. */
  readonly current: () => string | undefined
  readonly tools: readonly ToolDescription[]
  readonly call: Caller
}

const defaultMaxRuns = 20
const requestNames = [
  'agentId',
  'input',
  'sessionKey',
  'model',
  'timeoutMs',
  'parentRunId',
  'thinking',
  'label',
  'signal',
  'maxRuns',
  'onRun',
]

/** Runs an agent with tools of its caller: each run that ends on calls of theirs is answered in a next one of the same session. */
export async function runWithTools(
  { gateway, current, tools, call }: RunTools,
  request: ServedRunRequest,
): Promise<ServedRunResult> {
  const { runner, maxRuns } = check(gateway, request)
  const { maxRuns: _, onRun, timeoutMs, signal, ...asked } = request
  const parentRunId = request.parentRunId ?? current()
  const deadline = timeoutMs === undefined ? undefined : performance.now() + timeoutMs
  const runIds: string[] = []
  let input = request.input
  // The answers have to find the conversation that they belong to.
  let sessionKey = request.sessionKey ?? `serve-${randomUUID()}`
  for (;;) {
    const leftMs = deadline === undefined ? undefined : Math.max(Math.ceil(deadline - performance.now()), 1)
    const run = await runner.run({
      ...asked,
      input,
      sessionKey,
      tools,
      ...(parentRunId !== undefined && { parentRunId }),
      ...(leftMs !== undefined && { timeoutMs: leftMs }),
      ...(signal !== undefined && { signal }),
    })
    runIds.push(run.runId)
    sessionKey = run.sessionKey ?? sessionKey
    onRun?.(run)
    const result = { ...(await run.wait(signal && { signal })), runIds: [...runIds] }
    signal?.throwIfAborted()
    const { toolCalls = [] } = result
    if (result.status !== 'completed' || toolCalls.length === 0) return result
    if (runIds.length >= maxRuns)
      return stop(result, 'failed', `the agent still calls tools after ${maxRuns} runs; raise maxRuns`)
    const over = deadline === undefined ? undefined : AbortSignal.timeout(left(deadline))
    try {
      const place = { runId: run.runId, sessionKey, agentId: request.agentId }
      input = await Promise.all(
        toolCalls.map((one) => answer(call, one, { ...place, signal: any(signal, over) })),
      )
    } catch (error) {
      signal?.throwIfAborted()
      if (over?.aborted !== true) throw error
      return stop(result, 'timed_out', `the run and its tools took longer than ${timeoutMs} ms`)
    }
  }
}

async function answer(
  call: Caller,
  { toolCallId, name, input }: ToolCallRequest,
  place: { runId: string; sessionKey: string; agentId: string; signal: AbortSignal },
): Promise<SessionMessage> {
  const answered = await call({ name, input, toolCallId, ...place })
  const output = answered.status === 'ok' ? answered.output.told : { error: answered.message }
  return { role: 'tool', toolCallId, output }
}

function stop(result: ServedRunResult, status: 'failed' | 'timed_out', message: string): ServedRunResult {
  const code = status === 'failed' ? 'max_runs' : status
  return { ...result, status, error: { message, code } }
}

function left(deadline: number): number {
  return Math.max(Math.ceil(deadline - performance.now()), 1)
}

function any(signal: AbortSignal | undefined, over: AbortSignal | undefined): AbortSignal {
  return AbortSignal.any([signal, over].filter((one) => one !== undefined))
}

function check(
  { name, agents }: Gateway,
  request: ServedRunRequest,
): { readonly runner: NonNullable<Gateway['agents']>; readonly maxRuns: number } {
  if (agents === undefined) throw new UnsupportedByGatewayError(name, 'agents')
  if (!agents.takes.includes('tools'))
    throw new UnsupportedByGatewayError(
      name,
      "agents.run with the caller's own tools",
      'use listen() instead',
    )
  checkOptionNames('run()', request, requestNames)
  const { maxRuns = defaultMaxRuns, timeoutMs } = request
  if (!Number.isSafeInteger(maxRuns) || maxRuns < 1)
    throw wrong('maxRuns', 'a whole number above zero', maxRuns)
  if (timeoutMs !== undefined && !(Number.isFinite(timeoutMs) && timeoutMs > 0 && timeoutMs <= 2_147_483_647))
    throw wrong('timeoutMs', 'milliseconds from 1 to 2147483647', timeoutMs)
  return { runner: agents, maxRuns }
}

function wrong(option: string, expected: string, found: unknown): PincerError {
  return new PincerError(
    'invalid_option',
    `run: ${option}: expected ${expected}, found ${describeValue(found)}`,
  )
}
