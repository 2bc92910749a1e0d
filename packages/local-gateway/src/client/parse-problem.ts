/** What an error answer of a gateway says. */
export interface Problem {
  readonly code: string | undefined
  readonly message: string | undefined
  /** What to do about it. */
  readonly next: string | undefined
}

/** Reads `{ error: { code, message, next } }`; `undefined` for anything else, such as the page of a proxy. */
export function parseProblem(text: string): Problem | undefined {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return undefined
  }
  const error = typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined
  if (typeof error !== 'object' || error === null) return undefined
  return { code: field(error, 'code'), message: field(error, 'message'), next: field(error, 'next') }
}

function field(error: object, name: string): string | undefined {
  const value: unknown = Object.hasOwn(error, name) ? (error as Record<string, unknown>)[name] : undefined
  return typeof value === 'string' && value !== '' ? value : undefined
}
