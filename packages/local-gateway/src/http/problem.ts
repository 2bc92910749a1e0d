import type { Context } from 'hono'
import { z } from '@hono/zod-openapi'

/** Statuses that this gateway answers an error with. */
export type ProblemStatus =
  | 400
  | 401
  | 403
  | 404
  | 405
  | 408
  | 409
  | 410
  | 413
  | 415
  | 421
  | 422
  | 429
  | 500
  | 501
  | 503

/** What every error body holds. */
export interface ProblemBody {
  readonly error: {
    /** Stable, machine-readable cause, such as `invalid_request`. */
    readonly code: string
    readonly message: string
    /** Where in the request, such as `body.input` or `query.limit`. */
    readonly path?: string
    /** What to do about it. */
    readonly next: string
  }
}

/** What a problem tells beside its code and message. */
export interface ProblemDetails {
  readonly path?: string
  readonly next: string
  /** Milliseconds after which the same request may succeed. */
  readonly retryAfterMs?: number
}

/** An error that the HTTP side answers with its own status; thrown by routes, turned into a body by the app. */
export class HttpProblem extends Error {
  override readonly name: string = 'HttpProblem'
  readonly status: ProblemStatus
  readonly code: string
  readonly details: ProblemDetails

  constructor(status: ProblemStatus, code: string, message: string, details: ProblemDetails) {
    super(message)
    this.status = status
    this.code = code
    this.details = details
  }

  /** The body that tells it. */
  toBody(): ProblemBody {
    const { path, next } = this.details
    return {
      error: { code: this.code, message: this.message, ...(path === undefined ? {} : { path }), next },
    }
  }
}

/** Schema of every error body, for the `responses` of a route. */
export const problemSchema: z.ZodType = z
  .object({
    error: z.object({
      code: z.string(),
      message: z.string(),
      path: z.string().optional(),
      next: z.string(),
    }),
  })
  .openapi('Problem')

/** Answers with a problem. */
export function sendProblem(context: Context, problem: HttpProblem): Response {
  const { retryAfterMs } = problem.details
  if (retryAfterMs !== undefined) context.header('Retry-After', String(Math.ceil(retryAfterMs / 1000)))
  if (problem.status === 401) context.header('WWW-Authenticate', 'Bearer')
  return context.json(problem.toBody(), problem.status)
}
