import type { Claw, Parent } from '@pincer/core'
import { loadTap } from '@pincer/core/wrapping'
import { PincerError } from '@pincer/protocol'

import type { Attempts } from './attempts.ts'
import { type Purpose, startCall } from './call-model.ts'
import { convertProvider } from './convert-request.ts'
import { dialect } from './dialect.ts'
import { type CallOptions, isReportedTo, type MiddlewareContext } from './parse-attempt.ts'

/** A middleware of the official client; structural, so that it fits every version that takes middleware. */
export type PincerMiddleware = <Sent extends SentRequest>(
  request: Sent,
  next: (request: Sent) => Promise<Response>,
  context: MiddlewareContext,
) => Promise<Response>

/** A request as the client sends it. */
export interface SentRequest {
  readonly url: string
  readonly headers: Headers
}

/** How a client is tapped. */
export interface PincerMiddlewareOptions {
  /** The run or action that every call belongs to; found by itself where the runtime has `AsyncLocalStorage`. */
  readonly parent?: Parent
  /** Name of the run that is made for a call, or a batch's results, outside any run. */
  readonly runName?: string
  /** Who runs the models, such as `bedrock`; told from the address when absent. */
  readonly provider?: string
  /**
   * How often the client repeats a request, where it was told so itself; 2, the client's own default, when absent. Only
   * how soon an unreachable service is reported as a failure depends on it.
   */
  readonly maxRetries?: number
}

/**
 * Makes a middleware that reports every model call of a client, in any way it is made.
 *
 * Retries are one call, bodies are seen as the client reads them, and what `withOptions` makes is reported too. Tool
 * loops are model calls only: their tools are recorded, and guarded, by `wrapAnthropic`. On a client that is wrapped for
 * the same claw it steps aside.
 *
 * @throws PincerError with code `invalid_option` for what is no claw
 * @example
 * const anthropic = new Anthropic({ middleware: [pincerMiddleware(claw)] })
 */
export function pincerMiddleware(claw: Claw, options: PincerMiddlewareOptions = {}): PincerMiddleware {
  if (!('startModelCall' in Object(claw)))
    throw new PincerError('invalid_option', 'pincerMiddleware: expected a claw of createClient')
  const { provider, maxRetries, ...placement } = options
  let loading: Promise<Attempts | undefined> | undefined
  const load = async (): Promise<Attempts | undefined> => {
    try {
      const [module, tap] = await Promise.all([import('./attempts.ts'), loadTap()])
      return new module.Attempts(startCall, tap, maxRetries)
    } catch (error) {
      claw.report(error, 'anthropic')
      return undefined
    }
  }
  return async (request, next, { options: sent }) => {
    // Without options it is the client that asks for a token of its own.
    const target = sent === undefined || isReportedTo(sent, claw) ? undefined : targetOf(sent)
    const attempts = target && (await (loading ??= load()))
    if (!sent || !target || !attempts) return next(request)
    const send = (): Promise<Response> => next(request)
    const told = { claw, placement, dialect, provider: provider ?? convertProvider({ baseURL: request.url }) }
    return target.purpose
      ? attempts.send(told, target.purpose, sent, request, send)
      : attempts.sendForResults(told, target.batchId, send)
  }
}

type Target = { readonly purpose: Purpose } | { readonly purpose?: undefined; readonly batchId: string }

function targetOf({ method, path }: CallOptions): Target | undefined {
  const [place = ''] = path.split('?')
  const purpose = method === 'post' ? purposes.get(place) : undefined
  if (purpose) return { purpose }
  const batchId = /\/v1\/messages\/batches\/([^/]+)\/results$/.exec(place)?.[1]
  return batchId === undefined ? undefined : { batchId: decodeURIComponent(batchId) }
}

const purposes: ReadonlyMap<string, Purpose> = new Map([
  ['/v1/messages', 'answer'],
  ['/v1/messages/count_tokens', 'count'],
])
