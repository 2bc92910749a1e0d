import { scrub } from '@pincer/core/tools'

/**
 * What LangChain tells the model by default of a tool that threw, without stack traces and without absolute paths of this
 * machine; a path that the model itself wrote into its arguments stays.
 */
export function tellToolError(error: unknown, args: unknown): string {
  return scrub(isInvocationError(error) ? error.message : `${say(error)}\n Please fix your mistakes.`, args)
}

// LangChain's error for arguments that do not fit the schema, known by its fields, since every minor exports another class.
function isInvocationError(error: unknown): error is Error {
  return error instanceof Error && 'toolError' in error && 'toolCall' in error
}

function say(error: unknown): string {
  try {
    return String(error)
  } catch {
    return 'Error'
  }
}
