import { InvalidPromptError, type LanguageModelV4Message, type LanguageModelV4Prompt } from '@ai-sdk/provider'

import type { ApprovalAnswer } from './run-question.ts'
import { parseMetadata, type Position } from './stream-metadata.ts'
import type { EarlierCall } from './stream-tools.ts'

/** A run that waits for a person, as the messages of a prompt tell of it. */
export interface PausedRun {
  readonly runId: string
  readonly sessionKey: string | undefined
  /** How far its events were told. */
  readonly told: Position
  readonly calls: readonly EarlierCall[]
  readonly texts: readonly string[]
  readonly answers: readonly ApprovalAnswer[]
}

/**
 * The run that a prompt goes on with: one whose calls are the last that was said.
 *
 * @throws InvalidPromptError where the prompt answers a question, but does not say of which run
 */
export function findPausedRun(prompt: LanguageModelV4Prompt): PausedRun | undefined {
  const turn = prompt.slice(prompt.findLastIndex(({ role }) => role === 'user') + 1)
  const [answer] = answersOf(turn.at(-1))
  const said = turn.flatMap((message) => (message.role === 'assistant' ? message.content : []))
  const isNamed = said.some(({ providerOptions }) => parseMetadata(providerOptions) !== undefined)
  if (answer === undefined || isNamed) return readPause(turn)
  throw new InvalidPromptError({
    prompt,
    message: `the answer to the approval ${answer.approvalId} names no run; keep \`providerOptions\` (in messages of a chat: \`callProviderMetadata\`) of the tool call that it is about`,
  })
}

/** The run that was waiting when the user said something else. */
export function findLeftRun(prompt: LanguageModelV4Prompt): PausedRun | undefined {
  const lastUser = prompt.findLastIndex(({ role }) => role === 'user')
  if (lastUser < 0 || lastUser < prompt.findLastIndex(({ role }) => role !== 'system')) return undefined
  const earlier = prompt.slice(0, lastUser)
  const found = readPause(earlier.slice(earlier.findLastIndex(({ role }) => role === 'user') + 1))
  return found?.answers.length === 0 ? found : undefined
}

function readPause(turn: LanguageModelV4Prompt): PausedRun | undefined {
  const said = turn.flatMap((message) => (message.role === 'assistant' ? message.content : []))
  const last = said.findLast(({ providerOptions }) => parseMetadata(providerOptions) !== undefined)
  const run = parseMetadata(last?.providerOptions)
  if (run === undefined) return undefined
  const own = said.filter(({ providerOptions }) => parseMetadata(providerOptions)?.runId === run.runId)
  const answered = new Set(said.flatMap((part) => (part.type === 'tool-result' ? [part.toolCallId] : [])))
  const calls = new Map<string, EarlierCall>()
  for (const part of own) {
    // A call without a mark is one of the caller's: its run has ended with it.
    if (part.type !== 'tool-call') continue
    if (part.providerExecuted !== true) return undefined
    const { toolCallId, toolName, input = {} } = part
    calls.set(toolCallId, {
      toolCallId,
      toolName,
      input: JSON.stringify(input),
      hasResult: answered.has(toolCallId),
    })
  }
  if ([...calls.values()].every(({ hasResult }) => hasResult)) return undefined
  const marks = own.map(({ providerOptions }) => parseMetadata(providerOptions))
  return {
    runId: run.runId,
    sessionKey: run.sessionKey,
    told: {
      seq: latest(marks.map((mark) => mark?.seq)),
      ts: latest(marks.map((mark) => mark?.ts)),
    },
    calls: [...calls.values()],
    texts: own.flatMap((part) => (part.type === 'text' ? [part.text] : [])),
    answers: answersOf(turn.at(-1)),
  }
}

function answersOf(last: LanguageModelV4Message | undefined): ApprovalAnswer[] {
  if (last?.role !== 'tool') return []
  return last.content.flatMap((part) =>
    part.type === 'tool-approval-response'
      ? [
          {
            approvalId: part.approvalId,
            isApproved: part.approved,
            ...(part.reason !== undefined && { reason: part.reason }),
          },
        ]
      : [],
  )
}

function latest(positions: readonly (number | undefined)[]): number | undefined {
  const known = positions.filter((position) => position !== undefined)
  return known.toSorted((left, right) => left - right).at(-1)
}
