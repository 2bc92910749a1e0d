import { codeOf, isRefusal, scrub, tellRefusal } from '@pincer/core/tools'
import { PincerError, type PincerErrorCode } from '@pincer/protocol'

/** What a tool or hook of ours throws where a call did not do what it was made for: its text is written for the model. */
export class ToolCallError extends PincerError {
  override readonly name: string = 'ToolCallError'

  constructor(code: PincerErrorCode, message: string, cause: unknown) {
    super(code, message, { cause })
  }

  /** Only the text: Mastra tells it to the model. */
  override toString(): string {
    return this.message
  }
}

/** How every refusal of a tool's call begins. */
const beginningOf = (name: string): string => `The call of "${name}" `

/**
 * Puts a refusal or a failure into words for a model, without stack traces and paths of this machine.
 *
 * @param input what the model itself wrote, and may read again
 */
export function toToolCallError(name: string, error: unknown, input: unknown): ToolCallError {
  const text = isRefusal(error) ? tellRefusal(name, error, input) : scrub(say(error), input)
  return new ToolCallError((codeOf(error) as PincerErrorCode | undefined) ?? 'gateway', text, error)
}

/**
 * Puts why a call of a guarded tool does not happen into words for a model; what is no answer of the guard is not told.
 *
 * @param input what the model itself wrote, and may read again
 */
export function toRefusal(name: string, error: unknown, input: unknown): ToolCallError {
  const code = isRefusal(error) ? (codeOf(error) as PincerErrorCode) : 'guard_unavailable'
  return new ToolCallError(code, tellRefusal(name, error, input), error)
}

/** Tells the words of a refusal from what a tool gives. */
export function isRefusalText(name: string, output: unknown): output is string {
  return typeof output === 'string' && output.startsWith(beginningOf(name))
}

function say(error: unknown): string {
  try {
    return String(error)
  } catch {
    return 'Error'
  }
}
