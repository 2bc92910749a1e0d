import type { Frame, FrameError, JsonValue } from '@pincer/protocol'
import { HttpProblem, type ProblemBody } from './problem.ts'

/** Makes the frame that tells an answer of the routes. */
export async function describeAnswer(id: string, response: Response): Promise<Frame> {
  const text = await response.text()
  // The routes answer with JSON, or with nothing at all.
  const payload = text === '' ? undefined : (JSON.parse(text) as JsonValue)
  if (response.ok) return { type: 'res', id, ok: true, ...(payload === undefined ? {} : { payload }) }
  const { error } = payload as unknown as ProblemBody
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  return {
    type: 'res',
    id,
    ok: false,
    error: frameError(error, response.status, Number.isFinite(retryAfter) ? retryAfter * 1_000 : undefined),
  }
}

/** Makes the error of a frame from a problem. */
export function describeProblem(problem: HttpProblem): FrameError {
  return frameError(problem.toBody().error, problem.status, problem.details.retryAfterMs)
}

function frameError(
  { code, message, path, next }: ProblemBody['error'],
  status: number,
  retryAfterMs?: number,
): FrameError {
  return {
    code,
    message,
    details: { status, next, ...(path === undefined ? {} : { path }) },
    retryable: status === 429 || status === 503,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
}
