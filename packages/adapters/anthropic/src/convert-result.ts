/** One line of a batch's result file. */
export interface BatchResult {
  /** The caller's own name of the request. */
  readonly customId: string
  readonly model: string
  /** The answer, where there is one. */
  readonly message?: unknown
  /** What went wrong, where anything did. */
  readonly error?: unknown
  readonly isCancelled: boolean
}

/** Reads a line of a result file; `undefined` for what is none. */
export function convertResult(line: any, convertError: (error: unknown) => unknown): BatchResult | undefined {
  const result = line?.result
  if (typeof result?.type !== 'string') return undefined
  const { type, message, error } = result
  const told = { customId: String(line.custom_id), model: String(message?.model ?? 'unknown') }
  if (type === 'succeeded') return { ...told, message, isCancelled: false }
  if (type === 'canceled') return { ...told, isCancelled: true }
  if (type === 'expired')
    return {
      ...told,
      isCancelled: false,
      error: { message: 'the batch expired before this request', code: type },
    }
  return { ...told, isCancelled: false, error: convertError(failureOf(error)) }
}

function failureOf(error: any): unknown {
  return { ...error, type: error?.error?.type, message: error?.error?.message ?? 'the request failed' }
}
