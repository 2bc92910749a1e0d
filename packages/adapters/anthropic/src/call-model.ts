import type { ModelCall, Placement } from '@pincer/core'
import { type CallWatch, isSdkPromise, type Method, watchCall, watchPromise } from '@pincer/core/wrapping'

import { convertRequest } from './convert-request.ts'
import { countReader } from './convert-message.ts'
import { type RequestOptions, reportedTo, type Wrapping } from './wrapping.ts'

/** What a request does: `count` only counts its tokens, which calls the model's tokenizer and bills nothing. */
export type Purpose = 'answer' | 'count'

/** Makes one request to a model: started, sent by the client's own method, watched to its outcome. */
export function callModel(
  client: object,
  wrapping: Wrapping,
  purpose: Purpose,
  original: Method,
  body: unknown,
  options?: RequestOptions,
): unknown {
  let watch: CallWatch
  try {
    const place = options?.pincerPlaces?.get(wrapping.claw)
    ;({ watch } = startCall(wrapping, purpose, body, options?.signal, place))
  } catch (error) {
    wrapping.claw.report(error, 'anthropic')
    return original(body, options)
  }
  let answer: unknown
  try {
    answer = original(body, forMiddleware(client, wrapping, options))
  } catch (error) {
    watch.fail(error)
    throw error
  }
  // A method that was replaced may answer with anything; a plain promise is observed beside the caller.
  if (isSdkPromise(answer)) watchPromise(answer, watch)
  else Promise.resolve(answer).then(watch.whole, watch.fail)
  return answer
}

/** A model call, and what follows it. */
export interface StartedCall {
  readonly call: ModelCall
  readonly watch: CallWatch
}

/** Starts the model call of a request, and watches it. */
export function startCall(
  { claw, placement, provider, dialect }: Wrapping,
  purpose: Purpose,
  body: unknown,
  signal: AbortSignal | null | undefined,
  place?: Placement,
): StartedCall {
  const isCount = purpose === 'count'
  const started = { ...convertRequest(body), ...placement, ...place, provider }
  const call = claw.startModelCall(
    isCount
      ? { ...started, parameters: { ...started.parameters, countTokens: true } }
      : { ...started, operation: 'chat' },
  )
  const watch = watchCall(call, {
    claw,
    dialect,
    provider,
    model: started.model,
    reader: isCount ? countReader : dialect.reader,
    signal,
  })
  return { call, watch }
}

// The middleware of the same claw steps aside where the request says that it is reported.
function forMiddleware(
  client: object,
  { claw }: Wrapping,
  options: RequestOptions | undefined,
): RequestOptions | undefined {
  const { middleware }: { readonly middleware?: readonly unknown[] } = client
  if (!middleware?.length && !options?.middleware?.length) return options
  return { ...options, [reportedTo]: [...(options?.[reportedTo] ?? []), claw] }
}
