import type { RequestContext } from '@mastra/core/request-context'
import type { Claw } from '@pincer/core'
import { checkOptionNames, describeValue, PincerError, type Risk } from '@pincer/protocol'

/** What is needed of a tool of `createTool`. */
export interface ServableTool {
  readonly id: string
  readonly title?: string | undefined
  readonly description: string
  readonly inputSchema?: unknown
  readonly outputSchema?: unknown
  readonly requireApproval?: unknown
  readonly needsApprovalFn?: unknown
  readonly mcp?: { readonly annotations?: object; readonly _meta?: object } | undefined
  readonly mastra?: unknown
  readonly toModelOutput?: ((output: never) => unknown) | undefined
  readonly execute?: ((input: never, context: never) => Promise<unknown>) | undefined
}

/** Tools by the names that agents know them by, a list of them named by their ids, or the Mastra instance that has them. */
export type ToolSource =
  | Readonly<Record<string, ServableTool>>
  | readonly ServableTool[]
  | { listTools(): Readonly<Record<string, ServableTool>> | undefined }

/** How tools are served. */
export interface ServeOptions {
  /** What the MCP server calls itself; default `mastra`. */
  readonly name?: string
  /** How dangerous the tools are, all or by name, for the guard's policies; by their MCP annotations where absent. */
  readonly risk?: Risk | Readonly<Record<string, Risk>>
  /** How long a tool may run once it is permitted, in milliseconds; default 600 000. */
  readonly timeoutMs?: number
  /** How long to wait for a person, in milliseconds; the client's `guard.approvalTimeoutMs` when absent. */
  readonly approvalTimeoutMs?: number
  /** Most calls at a time; those beyond are refused; default 1000. */
  readonly maxCalls?: number
  /** What the tools get as `context.requestContext`; an empty one when absent. */
  readonly requestContext?: RequestContext
}

/** The options with their defaults. */
export interface ServeSettings {
  readonly name: string
  readonly risk: ServeOptions['risk']
  readonly timeoutMs: number
  readonly approvalTimeoutMs: number | undefined
  readonly maxCalls: number
  readonly requestContext: RequestContext | undefined
}

const optionNames = ['name', 'risk', 'timeoutMs', 'approvalTimeoutMs', 'maxCalls', 'requestContext']
const risks: readonly unknown[] = ['low', 'medium', 'high', 'critical']
const defaultTimeoutMs = 600_000
const defaultMaxCalls = 1000
// Node takes a longer delay for one millisecond.
const longestTimeoutMs = 2_147_483_647

/**
 * Checks what `serveTools` was given, and fills in the defaults.
 *
 * @throws PincerError with code `invalid_option` naming the option, what was expected and what was found
 */
export function readServeOptions(claw: Claw, options: ServeOptions): ServeSettings {
  if (!('startToolCall' in Object(claw)))
    throw invalid('claw', 'a client of createClient() as the second argument', claw)
  checkOptionNames('serveTools()', options, optionNames)
  const { name = 'mastra', risk, approvalTimeoutMs, requestContext } = options
  const { timeoutMs = defaultTimeoutMs, maxCalls = defaultMaxCalls } = options
  if (typeof name !== 'string' || !/^[\w.-]{1,64}$/.test(name))
    throw invalid('name', '1 to 64 letters, digits, dots, dashes and underscores', name)
  checkRisk(risk)
  checkTime('timeoutMs', timeoutMs)
  if (approvalTimeoutMs !== undefined) checkTime('approvalTimeoutMs', approvalTimeoutMs)
  if (!Number.isSafeInteger(maxCalls) || maxCalls < 1)
    throw invalid('maxCalls', 'a whole number above zero', maxCalls)
  if (requestContext !== undefined && typeof Object(requestContext).get !== 'function')
    throw invalid('requestContext', 'a RequestContext of @mastra/core/request-context', requestContext)
  return { name, risk, timeoutMs, approvalTimeoutMs, maxCalls, requestContext }
}

/** The error of an option of `serveTools` and what it gives back. */
function invalid(option: string, expected: string, found: unknown): PincerError {
  return new PincerError(
    'invalid_option',
    `serveTools: ${option}: expected ${expected}, found ${describeValue(found)}`,
  )
}

function checkRisk(risk: unknown): void {
  if (risk === undefined || risks.includes(risk)) return
  if (typeof risk !== 'object' || risk === null) throw invalid('risk', risks.join(', '), risk)
  for (const [name, one] of Object.entries(risk))
    if (!risks.includes(one)) throw invalid(`risk.${name.slice(0, 64)}`, risks.join(', '), one)
}

function checkTime(option: string, value: unknown): void {
  if (typeof value !== 'number' || !(value > 0 && value <= longestTimeoutMs))
    throw invalid(option, `milliseconds from 1 to ${longestTimeoutMs}`, value)
}
