import { type ApprovalDecision, type JsonObject, ProtocolError } from '@pincer/protocol'

import type { ToolInput } from './guard-options.ts'

/** One question of a review, in the shape of LangChain's `ActionRequest`. */
export interface ReviewRequest {
  readonly name: string
  readonly args: ToolInput
  readonly description: string
}

/**
 * Reads what a graph was resumed with, in the shape of LangChain's `HITLResponse`: one decision for each question.
 *
 * @throws ProtocolError naming the decision that is none
 */
export function readDecisions(answer: unknown, names: readonly string[]): readonly ApprovalDecision[] {
  const decisions: unknown = read(answer, 'decisions')
  if (!Array.isArray(decisions) || decisions.length !== names.length)
    throw new ProtocolError('resume.decisions', `a list of ${names.length}, one for each question`, decisions)
  return names.map((name, index) => readDecision(decisions[index], name, `resume.decisions[${index}]`))
}

function readDecision(given: unknown, name: string, path: string): ApprovalDecision {
  const type = read(given, 'type')
  if (type === 'approve') return { decision: 'approve' }
  if (type === 'reject') {
    const message = read(given, 'message')
    if (message === undefined) return { decision: 'deny' }
    if (typeof message !== 'string') throw new ProtocolError(`${path}.message`, 'a text', message)
    return { decision: 'deny', reason: message }
  }
  if (type !== 'edit') throw new ProtocolError(`${path}.type`, 'approve, edit or reject', type)
  const edited = read(given, 'editedAction')
  const editedName = read(edited, 'name')
  // An approval holds for one tool: another one would go past the guard.
  if (editedName !== name)
    throw new ProtocolError(`${path}.editedAction.name`, `"${name}", the tool asked about`, editedName)
  const args = read(edited, 'args')
  if (!isArguments(args)) throw new ProtocolError(`${path}.editedAction.args`, 'an object', args)
  return { decision: 'approve', input: args }
}

// It came out of a checkpoint or over a wire, both of which are JSON.
function isArguments(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function read(value: unknown, field: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, field)) return undefined
  return (value as Readonly<Record<string, unknown>>)[field]
}
