import type { GuardRequest, Risk } from '@pincer/protocol'

/** What `plugin.approval.request` shows to people. */
export interface ApprovalQuestion {
  readonly title: string
  readonly description: string
  /** The arguments as JSON. */
  readonly detail?: string
  readonly severity: 'info' | 'warning' | 'critical'
}

// The Gateway's own limits, in characters.
const titleLimit = 80
const descriptionLimit = 512
const detailLimit = 16_384

const severities: Readonly<Record<Risk, ApprovalQuestion['severity']>> = {
  low: 'info',
  medium: 'warning',
  high: 'warning',
  critical: 'critical',
}

/** Writes the question that a person reads about an action, within the limits of the Gateway. */
export function writeQuestion(request: GuardRequest, reason: string | undefined): ApprovalQuestion {
  const { kind, name, agentId, runId, risk, input } = request
  const what = kind === 'model_call' ? 'call the model' : kind === 'retrieval' ? 'search in' : 'use the tool'
  const who = agentId === undefined ? 'An agent' : `The agent "${agentId}"`
  const sentences = [
    `${who} wants to ${what} "${name}"${runId === undefined ? '' : ` in the run ${runId}`}.`,
    ...(reason === undefined || reason === '' ? [] : [reason]),
    ...(risk === undefined || reason !== undefined ? [] : [`Risk: ${risk}.`]),
  ]
  const detail = input === undefined ? '' : JSON.stringify(input, undefined, 2)
  return {
    title: cut(clean(name === '' ? 'An action' : `Allow ${name}?`), titleLimit),
    description: cut(clean(sentences.join(' ')), descriptionLimit),
    ...(detail === '' ? {} : { detail: cutDetail(detail) }),
    severity: risk === undefined ? 'warning' : severities[risk],
  }
}

// The Gateway writes invisible characters out, which makes a text longer than its limit.
function clean(text: string): string {
  return text.replace(/[\p{C}\p{Z}\u115F\u1160\u3164\uFFA0]+/gu, ' ').trim()
}

function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${wellFormed(text.slice(0, limit - 1))}…`
}

function cutDetail(text: string): string {
  if (text.length <= detailLimit) return text
  const marker = `\n… [cut: ${text.length} characters in all]`
  return wellFormed(text.slice(0, detailLimit - marker.length)) + marker
}

// A cut between the halves of a character leaves half of it.
function wellFormed(text: string): string {
  return text.replace(/[\uD800-\uDBFF]$/, '')
}
