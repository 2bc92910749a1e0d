import {
  type Approval,
  type EventVerdict,
  type Gateway,
  GatewayError,
  type GuardDecision,
} from '@pincer/protocol'

/** The story's gateway as a client sees it, over HTTP with nothing but `fetch`. */
export function storyGateway(url: string): Gateway {
  const call = async <Answer>(
    what: string,
    body: unknown,
    signal: AbortSignal | undefined,
  ): Promise<Answer> => {
    const response = await fetch(`${url}/${what}`, {
      method: 'POST',
      body: JSON.stringify(body ?? null),
      ...(signal === undefined ? {} : { signal }),
    })
    const text = await response.text()
    if (!response.ok)
      throw new GatewayError(`${what} answered ${response.status}`, {
        status: response.status,
        retryable: true,
      })
    return JSON.parse(text) as Answer
  }
  const unused = (): Promise<never> => Promise.reject(new Error('the story does not ask for this'))
  return {
    name: 'story',
    events: { append: (events, options) => call<EventVerdict[]>('events', events, options?.signal) },
    guard: { decide: (request, options) => call<GuardDecision>('guard', request, options?.signal) },
    approvals: {
      list: unused,
      get: unused,
      decide: unused,
      wait: (approvalId, options) => call<Approval>('approval', { approvalId }, options?.signal),
    },
    close: () => Promise.resolve(),
  }
}
