import type { Claw } from '@pincer/core'
import { codeOf, isRefusal } from '@pincer/core/tools'
import { type Approval, type ApprovalDecision, PincerError } from '@pincer/protocol'

import type { GuardedCall } from './guard-call.ts'
import type { GuardMiddlewareOptions } from './guard-options.ts'
import { readDecisions, type ReviewRequest } from './guard-review-answer.ts'
import { configurableOf, type GraphRuntime } from './guard-runtime.ts'
import { toolCallsOf } from './tool-calls.ts'

type QuestionFinder = (call: GuardedCall) => Promise<string | undefined>

/**
 * Asks about the calls of one message; where people have to be asked, all questions go into one `interrupt` in the shape of
 * LangChain's `humanInTheLoopMiddleware`, and its answers are told to the gateway, where the first answer wins.
 *
 * One interrupt for all, since LangGraph gives one answer to every interrupt that is open.
 *
 * @throws what LangGraph's `interrupt` throws; PincerError where there is no checkpointer, or the answer is none
 */
export async function reviewCalls(
  claw: Claw,
  calls: readonly GuardedCall[],
  runtime: GraphRuntime,
  description: GuardMiddlewareOptions['description'],
): Promise<void> {
  const isResumed = configurableOf(runtime)?.['__pregel_resuming'] === true
  const find = isResumed ? questionFinder(claw, runtime.signal) : undefined
  if (!(await authorizeAll(calls, runtime.signal, find))) return
  const asked = calls.filter((call) => call.approvalId !== undefined)
  const answer = interrupt(
    claw,
    runtime,
    asked.map((call) => describe(claw, call, description)),
  )
  const decisions = readDecisions(
    answer,
    asked.map((call) => call.wanted.name),
  )
  // A question that the gateway has an answer to is not answered again.
  await Promise.all(
    asked.map(async (call, index) => {
      const decision = decisions[index]
      if (!call.isAnswered && decision !== undefined) await tellDecision(claw, call, decision, runtime.signal)
    }),
  )
  if (await authorizeAll(calls, runtime.signal))
    throw new PincerError('gateway', 'the gateway took the answer, and still waits for one; resume again')
}

/** Asks about every call; true where a person has not answered yet. */
async function authorizeAll(
  calls: readonly GuardedCall[],
  signal: AbortSignal | undefined,
  find?: QuestionFinder,
): Promise<boolean> {
  const outcomes = await Promise.allSettled(
    calls.map((call) => call.authorize({ signal, wait: false, find: find && (() => find(call)) })),
  )
  let isPending = false
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled' || isRefusal(outcome.reason)) continue
    if (codeOf(outcome.reason) !== 'approval_pending') throw outcome.reason
    isPending = true
  }
  return isPending
}

// After a restart nothing here knows which questions were asked; the gateway does, and is asked for them once.
function questionFinder(claw: Claw, signal: AbortSignal | undefined): QuestionFinder {
  let listing: Promise<readonly Approval[]> | undefined
  return async ({ wanted, toolCall }) => {
    listing ??= Promise.resolve(claw.gateway.approvals?.list(signal && { signal }) ?? [])
    const own = (await listing).filter(
      ({ toolCallId, name, sessionKey, status }) =>
        toolCallId === toolCall.toolCallId &&
        name === wanted.name &&
        sessionKey === toolCall.run.sessionKey &&
        status !== 'cancelled',
    )
    return own.toSorted((left, right) => right.requestedAt - left.requestedAt)[0]?.approvalId
  }
}

function interrupt(claw: Claw, runtime: GraphRuntime, requests: readonly ReviewRequest[]): unknown {
  const { interrupt: ask } = runtime
  if (ask === undefined || !configurableOf(runtime)?.['__pregel_checkpointer'])
    throw new PincerError(
      'invalid_option',
      'guardMiddleware: durable needs a checkpointer to pause at; give createAgent one, such as new MemorySaver(), and a thread_id',
    )
  const value = {
    actionRequests: requests,
    reviewConfigs: requests.map(({ name }) => ({
      actionName: name,
      allowedDecisions: ['approve', 'edit', 'reject'],
    })),
  }
  toolCallsOf(claw).noteInterrupt(value)
  return ask(value as never)
}

function describe(
  claw: Claw,
  { wanted }: GuardedCall,
  description: GuardMiddlewareOptions['description'],
): ReviewRequest {
  const { name, input: args } = wanted
  const standard = `Tool execution requires approval\n\nTool: ${name}\nArgs: ${JSON.stringify(args, null, 2)}`
  if (typeof description !== 'function') return { name, args, description: description ?? standard }
  try {
    return { name, args, description: description(name, args) }
  } catch (error) {
    claw.report(error, 'langchain')
    return { name, args, description: standard }
  }
}

async function tellDecision(
  claw: Claw,
  { approvalId = '', wanted }: GuardedCall,
  decision: ApprovalDecision,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await claw.gateway.approvals?.decide(approvalId, decision, signal && { signal })
  } catch (error) {
    if (readGatewayCode(error) === 'already_decided') return
    signal?.throwIfAborted()
    throw new PincerError(
      'gateway',
      `the answer about "${wanted.name}" could not be told to the gateway; resume again`,
      { cause: error },
    )
  }
}

function readGatewayCode(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'gatewayCode' in error ? error.gatewayCode : undefined
}
