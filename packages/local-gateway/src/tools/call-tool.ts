import type { ErrorInfo, JsonObject, JsonValue } from '@pincer/protocol'
import { parseOutput } from './parse-output.ts'
import type { ToolContext } from './registered-tool.ts'
import type { LocalTool } from './tool-registry.ts'

/** What came of a tool that was let through. */
export type ToolOutcome =
  | { readonly status: 'ok'; readonly output: JsonValue }
  | { readonly status: 'error'; readonly error: ErrorInfo }

/**
 * Calls a tool with arguments that were checked; a tool that does not heed the signal is left alone, and its late answer ignored.
 *
 * @throws the signal's reason when aborted; everything else is an outcome.
 */
export async function callTool(
  tool: LocalTool,
  input: JsonObject,
  context: ToolContext,
): Promise<ToolOutcome> {
  const { signal } = context
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    // The tool gets its own copy: what it does to its arguments must not change what is recorded.
    const work = Promise.resolve().then(() => tool.execute(structuredClone(input), context))
    return { status: 'ok', output: parseOutput(await Promise.race([work, aborted.promise])) }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    return { status: 'error', error: describeToolError(error) }
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** What is kept of an error of a tool: no stack, no path of this machine. */
function describeToolError(error: unknown): ErrorInfo {
  if (!(error instanceof Error)) return { message: String(error) }
  const code = 'gatewayCode' in error ? error.gatewayCode : 'code' in error ? error.code : undefined
  return { message: error.message, name: error.name, ...(typeof code === 'string' ? { code } : {}) }
}
