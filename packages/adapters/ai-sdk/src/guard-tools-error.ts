import { isRefusal, scrub, tellRefusal } from '@pincer/core/tools'
import { PincerError, type PincerErrorCode } from '@pincer/protocol'

/** What a tool of ours throws where it did not do what it was called for: its text is written for the model that called it. */
export class ToolCallError extends PincerError {
  override readonly name: string = 'ToolCallError'

  constructor(code: PincerErrorCode, message: string, cause: unknown) {
    super(code, message, { cause })
  }

  /** Only the text: the AI SDK tells it to the model. */
  override toString(): string {
    return this.message
  }
}

/**
 * Puts a refusal or a failure into words for a model, without stack traces and paths of this machine.
 *
 * @param input what the model itself wrote, and may read again
 */
export function toToolCallError(name: string, error: unknown, input: unknown): ToolCallError {
  const text = isRefusal(error) ? tellRefusal(name, error, input) : scrub(say(error), input)
  const code = PincerError.isInstance(error) ? error.code : 'gateway'
  return new ToolCallError(code, text, error)
}

function say(error: unknown): string {
  try {
    return String(error)
  } catch {
    return 'Error'
  }
}
