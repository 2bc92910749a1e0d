import type {
  QuestionGetParams,
  QuestionGetResult,
  QuestionListParams,
  QuestionListResult,
  QuestionRequestParams,
  QuestionRequestResult,
  QuestionResolveParams,
  QuestionResolveResult,
  QuestionWaitAnswerParams,
  QuestionWaitAnswerResult,
} from '@openclaw/gateway-protocol'
import type { Method } from './method.ts'

/** Questions to people that are not about permission. */
export const questionMethods = {
  list: { rpc: 'question.list', scope: 'operator.questions' } as Method<
    QuestionListParams,
    QuestionListResult,
    'question.list'
  >,
  get: { rpc: 'question.get', scope: 'operator.questions' } as Method<
    QuestionGetParams,
    QuestionGetResult,
    'question.get'
  >,
  request: { rpc: 'question.request', scope: 'operator.questions' } as Method<
    QuestionRequestParams,
    QuestionRequestResult,
    'question.request'
  >,
  wait: { rpc: 'question.waitAnswer', scope: 'operator.questions' } as Method<
    QuestionWaitAnswerParams,
    QuestionWaitAnswerResult,
    'question.waitAnswer'
  >,
  resolve: { rpc: 'question.resolve', scope: 'operator.questions' } as Method<
    QuestionResolveParams,
    QuestionResolveResult,
    'question.resolve'
  >,
}
