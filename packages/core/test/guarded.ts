import type { GuardDecision, GuardRequest } from '@pincer/protocol'
import type { GuardOptions } from '../src/index.ts'
import { type Recorded, recorded } from './recorded.ts'

/** What the guard of a gateway does with a question. */
export type Decide = (request: GuardRequest, options: { signal?: AbortSignal } | undefined) => unknown

/** A client with these guard options on a gateway whose guard decides so. */
export const setUp = (guard: GuardOptions, decide?: Decide): Recorded =>
  recorded({ guard, agentId: 'agent', sessionKey: 'session' }, decide === undefined ? {} : { decide })

/** A guard that always answers the same. */
export const answering =
  (decision: GuardDecision): Decide =>
  () =>
    Promise.resolve(decision)

/** A call of a tool. */
export const search = { toolCallId: 'call_1', name: 'search', input: { q: 'cats' }, risk: 'medium' } as const
