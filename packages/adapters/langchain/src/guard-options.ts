import type { Claw } from '@pincer/core'
import { describeValue, PincerError, type Risk } from '@pincer/protocol'

/** The arguments of a tool call: an object, or the text that a tool of one text takes. */
export type ToolInput = Readonly<Record<string, unknown>> | string

/** How single tools are guarded. */
export interface GuardToolOptions {
  /** How dangerous a call is, for the guard's policies. */
  readonly risk?: Risk | ((toolName: string, input: ToolInput) => Risk | undefined)
  /** What becomes of a refused call: words for the model, or the error; see each function for its default. */
  readonly onRefused?: 'message' | 'throw'
  /** How long to wait for a person, in milliseconds; the client's `guard.approvalTimeoutMs` when absent. */
  readonly approvalTimeoutMs?: number
}

/** How the tools of an agent are guarded. */
export interface GuardMiddlewareOptions extends GuardToolOptions {
  /** The tools to ask about, by name or by a test of the call; all when absent. */
  readonly tools?: readonly string[] | ((toolName: string, input: ToolInput) => boolean)
  /** True pauses the graph by LangGraph's `interrupt` where a person has to be asked; needs a checkpointer. */
  readonly durable?: boolean
  /** The words of the question that `durable` puts to a person. */
  readonly description?: string | ((toolName: string, input: ToolInput) => string)
}

const risks: readonly unknown[] = ['low', 'medium', 'high', 'critical']
const toolChecks: Readonly<Record<string, readonly [(value: unknown) => boolean, string]>> = {
  risk: [(value) => isFunction(value) || risks.includes(value), 'low, medium, high, critical or a function'],
  onRefused: [(value) => value === 'message' || value === 'throw', "'message' or 'throw'"],
  approvalTimeoutMs: [(value) => typeof value === 'number' && value > 0, 'a number greater than zero'],
}
const middlewareChecks: typeof toolChecks = {
  ...toolChecks,
  tools: [(value) => isFunction(value) || isNames(value), 'a list of tool names or a function'],
  durable: [(value) => typeof value === 'boolean', 'true or false'],
  description: [(value) => isFunction(value) || typeof value === 'string', 'a text or a function'],
}

/**
 * Refuses what is no claw, and options of `guardMiddleware` that are none or not as they must be.
 *
 * @throws PincerError with code `invalid_option`
 */
export function checkMiddlewareOptions(claw: Claw, options: GuardMiddlewareOptions): void {
  checkOptions('guardMiddleware', claw, options, middlewareChecks)
}

/**
 * Refuses what is no claw, and options of `guardTool` that are none or not as they must be.
 *
 * @throws PincerError with code `invalid_option`
 */
export function checkToolOptions(claw: Claw, options: GuardToolOptions): void {
  checkOptions('guardTool', claw, options, toolChecks)
}

function checkOptions(maker: string, claw: unknown, options: object, checks: typeof toolChecks): void {
  expect('startToolCall' in Object(claw), maker, 'a claw of createClient', claw)
  const isPlain = typeof options === 'object' && options !== null && !Array.isArray(options)
  expect(isPlain, `${maker}: options`, 'an object', options)
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined
    if (check === undefined) {
      const known = Object.keys(checks).join(', ')
      throw new PincerError(
        'invalid_option',
        `${maker}: ${name.slice(0, 40)} is no option; it takes ${known}`,
      )
    }
    if (value !== undefined) expect(check[0](value), `${maker}: ${name}`, check[1], value)
  }
}

function expect(isRight: boolean, name: string, expected: string, value: unknown): void {
  if (!isRight)
    throw new PincerError('invalid_option', `${name}: expected ${expected}, found ${describeValue(value)}`)
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}

function isNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === 'string')
}
