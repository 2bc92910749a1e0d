import { PincerError } from '@pincer/protocol'
import type { ActionCreated, ActionInput, ActionRow } from '../methods/action-results.ts'
import { actionMethods } from '../methods/action-methods.ts'
import { callMethod, type CallContext } from '../methods/bind-methods.ts'
import { buildRequest } from '../methods/build-request.ts'
import type { CallOptions } from '../methods/method.ts'
import type { CheckedOptions } from '../options.ts'
import { DashClawError } from '../request/dashclaw-error.ts'
import { invalidInput, isFields } from '../request/invalid-input.ts'
import { parseDecision } from '../request/parse-decision.ts'
import { ActionBlockedError } from '../request/refusals.ts'
import { applyGuardMode } from './guard-mode.ts'
import { autoRecommend } from './auto-recommend.ts'
import type { Signer } from './signer.ts'

/** What recording an action takes beside the action. */
export interface CreateParts {
  readonly context: CallContext
  readonly settings: CheckedOptions
  readonly sign: Signer | undefined
}

/**
 * Records an action: recommendation, guard, signature, and the request, which may be repeated because its id is made here.
 *
 * @throws GuardBlockedError where the guard forbids it.
 */
export async function createAction(
  { context, settings, sign }: CreateParts,
  input: ActionInput,
  options: CallOptions = {},
): Promise<ActionCreated> {
  if (!isFields(input)) throw invalidInput('createAction: action', 'an object', input)
  const adapted = await autoRecommend(context, settings, input, options)
  await applyGuardMode(context, settings, adapted, options)
  const action = { ...adapted, action_id: adapted.action_id ?? `act_${crypto.randomUUID()}` }
  const request = buildRequest('createAction', actionMethods.createAction, [action], context.own)
  const body = { ...request.body }
  const signature = sign === undefined ? {} : { _signature: await sign(body) }
  const signed = { ...request, body: { ...body, ...signature }, isRepeatable: true }
  try {
    return readCreated(await context.send(signed, options), action.action_id)
  } catch (error) {
    if (!wasStoredBefore(error)) throw error
    // The answer to an earlier sending got lost; the row tells what it was.
    return await findCreated(context, action.action_id, options)
  }
}

function wasStoredBefore(error: unknown): boolean {
  return error instanceof DashClawError && error.status === 409 && error.attempts > 1
}

function readCreated(answer: unknown, actionId: string): ActionCreated {
  const row = isFields(answer) ? answer['action'] : undefined
  if (!isFields(answer) || !isFields(row)) {
    throw new DashClawError(
      'createAction: the answer holds no action; check that `baseUrl` is a DashClaw server',
      {
        gatewayCode: 'broken_answer',
      },
    )
  }
  const decision = parseDecision(answer['decision'])
  const id = answer['action_id']
  return {
    ...answer,
    // The server's row is not checked field by field.
    action: row as unknown as ActionRow,
    action_id: typeof id === 'string' ? id : actionId,
    ...(decision === undefined ? {} : { decision }),
  }
}

async function findCreated(
  context: CallContext,
  actionId: string,
  options: CallOptions,
): Promise<ActionCreated> {
  const answer = await callMethod(context, 'createAction', actionMethods.getAction, [actionId, options])
  const created = readCreated(answer, actionId)
  const { action } = created
  const decision = parseDecision({
    decision: { blocked: 'block', pending_approval: 'require_approval' }[String(action.status)] ?? 'allow',
    reason: action.error_message ?? null,
    risk_score: action.risk_score,
  })
  if (decision === undefined) throw new PincerError('gateway', 'createAction: the action has no status')
  if (decision.decision === 'block') throw new ActionBlockedError(action.action_type, decision, action)
  return { action, action_id: actionId, decision }
}
