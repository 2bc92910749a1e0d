import type { GuardRequest, Risk } from '@pincer/protocol'
import { isFields } from '../request/invalid-input.ts'

/** What ties a row to the call that it asks about; it stands in the row, so that other processes know it too. */
export type ApprovalScope = Pick<GuardRequest, 'kind' | 'name'> &
  Partial<Pick<GuardRequest, 'runId' | 'actionId' | 'toolCallId' | 'sessionKey' | 'inputHash' | 'risk'>>

const kinds: readonly unknown[] = ['model_call', 'tool_call', 'retrieval']
const risks: readonly unknown[] = ['low', 'medium', 'high', 'critical'] satisfies Risk[]
const texts = ['runId', 'actionId', 'toolCallId', 'sessionKey', 'inputHash'] as const

/** Writes what ties a row to a call, for the row's `authorization_scope`. */
export function writeScope(request: GuardRequest): string {
  const { kind, name, runId, actionId, toolCallId, sessionKey, inputHash, risk } = request
  return JSON.stringify({
    pincer: 1,
    kind,
    name: name.slice(0, 200),
    runId,
    actionId,
    toolCallId,
    sessionKey,
    inputHash,
    risk,
  })
}

/** Reads what ties a row to a call; `undefined` for rows that ask about none. */
export function parseScope(text: string | null | undefined): ApprovalScope | undefined {
  if (typeof text !== 'string' || !text.startsWith('{"pincer":1')) return undefined
  try {
    const fields: unknown = JSON.parse(text)
    if (!isFields(fields) || !kinds.includes(fields['kind']) || typeof fields['name'] !== 'string')
      return undefined
    const known = texts.flatMap((name) => (typeof fields[name] === 'string' ? [[name, fields[name]]] : []))
    return {
      // One of the kinds that were looked for.
      kind: fields['kind'] as ApprovalScope['kind'],
      name: fields['name'],
      ...Object.fromEntries(known),
      ...(risks.includes(fields['risk']) ? { risk: fields['risk'] as Risk } : {}),
    }
  } catch {
    return undefined
  }
}
