import { reportedTo } from './wrapping.ts'

/** What a middleware is told about the request in flight. */
export interface MiddlewareContext {
  /** The call that the client's method was asked for: one object for all its attempts. */
  readonly options?: CallOptions | undefined
}

/** A call of the client, as far as it matters here. */
export interface CallOptions {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly signal?: AbortSignal | null | undefined
  readonly maxRetries?: number | undefined
}

/** Tells whether a request is reported to a claw already. */
export function isReportedTo(options: any, claw: unknown): boolean {
  return options[reportedTo]?.includes?.(claw) === true
}
