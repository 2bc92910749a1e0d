import { isFields } from './invalid-input.ts'

/**
 * Reads JSON that nobody has checked: fields that could reach a prototype are left out.
 *
 * @param secret - Texts in it are told without this one: servers, and proxies before them, tell back what they were sent.
 * @throws SyntaxError where it is no JSON.
 */
export function parseAnswer(text: string, secret?: string): unknown {
  // Only texts that could hold such a field, escaped or not, are read the slow way.
  if (secret === undefined && !/__proto__|\\u/i.test(text)) return JSON.parse(text)
  return JSON.parse(text, (name, value: unknown) => {
    if (name === '__proto__') return undefined
    return typeof value === 'string' && secret !== undefined ? value.replaceAll(secret, '[apiKey]') : value
  })
}

/** What an answer with an error says. */
export interface ErrorAnswer {
  readonly message: string | undefined
  readonly code: string | undefined
  readonly details: unknown
  /** The decision of the guard, where the answer is one or holds one. */
  readonly decision: Readonly<Record<string, unknown>> | undefined
  /** The whole answer, where it was an object. */
  readonly answer: Readonly<Record<string, unknown>> | undefined
}

/** Reads what a server says went wrong, out of an answer of unknown shape. */
export function parseErrorAnswer(value: unknown): ErrorAnswer {
  if (!isFields(value)) {
    return {
      message: undefined,
      code: undefined,
      details: undefined,
      decision: undefined,
      answer: undefined,
    }
  }
  const decision = value['decision']
  return {
    message: firstText(value['reason'], value['error'], value['message']),
    code: firstText(value['code']),
    details: value['details'],
    decision: isFields(decision) ? decision : typeof decision === 'string' ? value : undefined,
    answer: value,
  }
}

function firstText(...values: readonly unknown[]): string | undefined {
  const found = values.find((value) => typeof value === 'string' && value.trim() !== '')
  return typeof found === 'string' ? found.slice(0, 2000) : undefined
}
