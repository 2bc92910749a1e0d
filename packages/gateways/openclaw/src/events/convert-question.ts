import type { GatewayEvent, QuestionAnsweredData, QuestionRequestedData } from '@pincer/protocol'
import type { NormalizerState } from './normalizer-state.ts'
import { findRun, ownRunId, startRun } from './open-run.ts'
import { type Fields, parseCount, parseFields, parseId, parseJson, parseText } from './parse-fields.ts'

const maxQuestions = 20

/** Reads `question.requested`; returns false where it names no question. */
export function convertQuestionRequested(
  state: NormalizerState,
  payload: Fields,
  frame: GatewayEvent,
): boolean {
  const questionId = parseId(payload['id'])
  if (questionId === undefined) return false
  const asked = payload['questions']
  const questions = (Array.isArray(asked) ? asked.slice(0, maxQuestions) : []).map(parseFields)
  const text = questions
    .map((question) => parseText(question['question']) ?? '')
    .filter((piece) => piece !== '')
    .join('\n')
  const options = questions.length === 1 ? labelsOf(questions[0]?.['options']) : undefined
  const data: QuestionRequestedData = { questionId, text, ...(options === undefined ? {} : { options }) }
  const ts = parseCount(payload['createdAtMs']) ?? state.now()
  return tellQuestion(state, 'question.requested', data, payload, frame, ts)
}

/** Reads `question.resolved`; a question that expired or was withdrawn is told without an answer. */
export function convertQuestionResolved(
  state: NormalizerState,
  payload: Fields,
  frame: GatewayEvent,
): boolean {
  const questionId = parseId(payload['id'])
  if (questionId === undefined) return false
  const answers = parseFields(payload['answers'])
  const answer = parseJson(answers['answers'] ?? payload['answers'])
  const data: QuestionAnsweredData = { questionId, ...(answer === undefined ? {} : { answer }) }
  return tellQuestion(
    state,
    'question.answered',
    data,
    payload,
    frame,
    parseCount(payload['ts']) ?? state.now(),
  )
}

function tellQuestion(
  state: NormalizerState,
  type: 'question.requested' | 'question.answered',
  data: QuestionRequestedData | QuestionAnsweredData,
  payload: Fields,
  frame: GatewayEvent,
  ts: number,
): boolean {
  const id = `${data.questionId}.${type === 'question.requested' ? 'asked' : 'answered'}`
  if (state.questions.has(id)) return true
  state.questions.add(id)
  const wireRunId = parseId(payload['runId']) ?? parseId(parseFields(payload['request'])['runId'])
  const runId = wireRunId === undefined ? undefined : ownRunId(state, wireRunId)
  const run = findRun(state, runId)
  if (run !== undefined && (run.started !== undefined || run.followed)) {
    startRun(state, run, frame, ts)
    state.teller.inRun<typeof type>(run, type, data, frame, ts, undefined, id)
  } else {
    const sessionKey = parseId(payload['sessionKey'])
    state.teller.beside(type, data, frame, {
      id,
      ts,
      runId,
      sessionKey,
      agentId: parseId(payload['agentId']),
    })
  }
  return true
}

function labelsOf(options: unknown): readonly string[] | undefined {
  if (!Array.isArray(options)) return undefined
  return options
    .slice(0, 100)
    .map((option) => (typeof option === 'string' ? option : parseText(parseFields(option)['label'])))
    .filter((label) => label !== undefined)
}
