import type {
  QuestionListResult,
  QuestionRecord,
  QuestionRequestParams,
  QuestionWaitAnswerResult,
} from '@openclaw/gateway-protocol'
import { GatewayError, type RequestOptions } from '@pincer/protocol'
import { bindMethods } from '../methods/bind-methods.ts'
import type { Calls } from '../methods/method.ts'
import { questionMethods } from '../methods/question-methods.ts'
import type { GatewayRequestOptions } from '../transport/transport.ts'
import { pause } from '../pause.ts'
import { checkParams, checkText, invalidParam } from '../check-param.ts'
import type { ClientParts } from './client-parts.ts'

// Between two questions, where the first one failed.
const roundPauseMs = 200

/** Answers by the id of their question; where there is one question only, its answer alone. */
export type QuestionAnswer = string | readonly string[] | Readonly<Record<string, string | readonly string[]>>

/** Where a question stands, or what was answered. */
export interface QuestionOutcome {
  readonly status: 'pending' | 'answered' | 'cancelled' | 'expired'
  /** The labels that were chosen, by the id of their question. */
  readonly answers?: Readonly<Record<string, readonly string[]>>
}

/** How long the answer is waited for: `timeoutMs` milliseconds, then the outcome is `pending`. */
export type QuestionWaitOptions = { readonly timeoutMs?: number } & RequestOptions

/** A question that was asked. */
export interface RequestedQuestion {
  readonly id: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
  /** Resolves once it was answered or has ended. */
  wait(options?: QuestionWaitOptions): Promise<QuestionOutcome>
}

/** Questions to people that are not about permission. */
export interface Questions {
  /** Those that nobody has answered. */
  list(options?: GatewayRequestOptions): Promise<QuestionListResult>
  /** One question, with its options. */
  get(id: string, options?: GatewayRequestOptions): Promise<QuestionRecord>
  /** Asks people, and comes back at once with what to wait for. */
  request(params: QuestionRequestParams, options?: GatewayRequestOptions): Promise<RequestedQuestion>
  /**
   * Answers a question.
   *
   * @example
   * ```ts
   * await oc.questions.answer(id, { environment: 'staging' })
   * ```
   * @throws GatewayError 400 where the option is not offered, 409 where it was answered before.
   */
  answer(id: string, answer: QuestionAnswer, options?: GatewayRequestOptions): Promise<QuestionOutcome>
  /** Takes a question back. */
  cancel(id: string, options?: GatewayRequestOptions): Promise<QuestionOutcome>
  /** Resolves once a question was answered or has ended, whoever asked it. */
  wait(id: string, options?: QuestionWaitOptions): Promise<QuestionOutcome>
}

/** Makes the `oc.questions` surface. */
export function createQuestions({ connection, keys }: ClientParts): Questions {
  const calls = bindMethods(questionMethods, connection)

  async function wait(id: string, { timeoutMs, signal }: QuestionWaitOptions = {}): Promise<QuestionOutcome> {
    const giveUp = signal === undefined ? {} : { signal }
    const deadline = timeoutMs === undefined ? Infinity : performance.now() + timeoutMs
    let lost = false
    for (;;) {
      const left = Math.max(0, Math.ceil(deadline - performance.now()))
      const limit = left === Infinity ? {} : { timeoutMs: left }
      try {
        return unwrap(await calls.wait({ id, ...limit }, { ...giveUp, timeoutMs: null }))
      } catch (error) {
        signal?.throwIfAborted()
        // A Gateway that was restarted has forgotten its questions.
        if (lost && error instanceof GatewayError && error.status === 404) return { status: 'cancelled' }
        // A connection that was lost loses no question: ask again.
        if (!(error instanceof GatewayError) || !error.retryable || left === 0) throw error
        lost = true
        await pause(Math.min(roundPauseMs, left), signal)
      }
    }
  }

  return {
    list: (options) => calls.list({}, options),
    async get(id, options) {
      checkText('questions.get: id', id, 'the id of a question')
      return (await calls.get({ id }, options)).question
    },
    async request(params, options) {
      checkParams('questions.request', params)
      const { sessionKey, agentId } = params
      const session =
        sessionKey === undefined
          ? {}
          : { sessionKey: await keys.resolve('questions.request', sessionKey, agentId) }
      const { id, expiresAtMs } = await calls.request({ ...params, ...session }, options)
      return Object.freeze<RequestedQuestion>({
        id,
        expiresAt: expiresAtMs,
        wait: (waitOptions) => wait(id, waitOptions),
      })
    },
    async answer(id, answer, options) {
      checkText('questions.answer: id', id, 'the id of a question')
      const answers = await readAnswers(calls, id, answer, options)
      return unwrap(await calls.resolve({ id, answers: { answers } }, options))
    },
    async cancel(id, options) {
      checkText('questions.cancel: id', id, 'the id of a question')
      return unwrap(await calls.resolve({ id, cancel: true }, options))
    },
    async wait(id, options) {
      checkText('questions.wait: id', id, 'the id of a question')
      return wait(id, options)
    },
  }
}

async function readAnswers(
  calls: Calls<typeof questionMethods>,
  id: string,
  answer: QuestionAnswer,
  options: GatewayRequestOptions | undefined,
): Promise<Record<string, string[]>> {
  if (typeof answer !== 'string' && !isList(answer)) {
    checkParams('questions.answer: answer', answer)
    return Object.fromEntries(Object.entries(answer).map(([question, chosen]) => [question, toList(chosen)]))
  }
  const { questions } = (await calls.get({ id }, options)).question
  const [only, ...others] = questions
  if (only === undefined || others.length > 0) {
    throw invalidParam(
      'questions.answer: answer',
      `an answer for each of ${questions.map(({ questionId }) => questionId).join(', ')}`,
      answer,
    )
  }
  return Object.fromEntries([[only.questionId, toList(answer)]])
}

function toList(chosen: string | readonly string[]): string[] {
  return typeof chosen === 'string' ? [chosen] : [...chosen]
}

function isList(answer: QuestionAnswer): answer is readonly string[] {
  return Array.isArray(answer)
}

// The Gateway wraps its answers twice.
function unwrap(result: QuestionWaitAnswerResult): QuestionOutcome {
  return result.status === 'answered'
    ? { status: result.status, answers: result.answers.answers }
    : { status: result.status }
}
