import type { Claw } from '@pincer/core'
import { checkOptionNames, describeValue, PincerError, type Risk } from '@pincer/protocol'

/** How tool calls are guarded, by whatever asks. */
export interface GuardOptions {
  /** The tools to ask about, by name or by a test of the call; all when absent. */
  readonly tools?: readonly string[] | ((toolName: string, input: unknown) => boolean)
  /** How dangerous a call is, for the guard's policies. */
  readonly risk?: Risk | ((toolName: string, input: unknown) => Risk | undefined)
  /** How long to wait for a person, in milliseconds; the client's `guard.approvalTimeoutMs` when absent. */
  readonly approvalTimeoutMs?: number
  /** The conversation of calls outside any recorded run; the thread of Mastra's memory when absent. */
  readonly sessionKey?: string
}

/** How `guardHooks` asks. */
export interface GuardHooksOptions extends GuardOptions {
  /** What becomes of a refused call: its words as `output` (default), or `throw` an error that Mastra tells the model. */
  readonly onRefused?: 'output' | 'throw'
}

/** How `requireApproval` asks. */
export interface RequireApprovalOptions extends GuardHooksOptions {
  /**
   * Where a person has to be asked: `suspend` (default) suspends Mastra's run with a `tool-call-approval`, to be gone on with by
   * `approveToolCall` or `declineToolCall`, or `wait` waits for somebody at the gateway.
   */
  readonly ask?: 'suspend' | 'wait'
  /** Who answers through Mastra, for the gateway's record. */
  readonly decidedBy?: string
}

type Check = readonly [(value: unknown) => boolean, string]

const risks: readonly unknown[] = ['low', 'medium', 'high', 'critical']
const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''
const hookChecks: Readonly<Record<string, Check>> = {
  tools: [(value) => isFunction(value) || isNames(value), 'a list of tool names or a function'],
  risk: [(value) => isFunction(value) || risks.includes(value), 'low, medium, high, critical or a function'],
  approvalTimeoutMs: [(value) => typeof value === 'number' && value > 0, 'a number greater than zero'],
  sessionKey: [isText, 'a text'],
  onRefused: [(value) => value === 'output' || value === 'throw', "'output' or 'throw'"],
}
const approvalChecks: typeof hookChecks = {
  ...hookChecks,
  ask: [(value) => value === 'suspend' || value === 'wait', "'suspend' or 'wait'"],
  decidedBy: [isText, 'a text'],
}

/**
 * Refuses what is no claw, and options of `guardHooks` that are none or not as they must be.
 *
 * @throws PincerError with code `invalid_option`
 */
export function checkHooksOptions(claw: Claw, options: GuardHooksOptions): void {
  checkOptions('guardHooks', claw, options, hookChecks)
}

/**
 * Refuses what is no claw, and options of `requireApproval` that are none or not as they must be.
 *
 * @throws PincerError with code `invalid_option`
 */
export function checkApprovalOptions(claw: Claw, options: RequireApprovalOptions): void {
  checkOptions('requireApproval', claw, options, approvalChecks)
}

/** Tells whether a call is asked about; what cannot be told to be harmless is. */
export function isAskedAbout(claw: Claw, { tools }: GuardOptions, name: string, input: unknown): boolean {
  if (typeof tools !== 'function') return tools?.includes(name) ?? true
  try {
    return tools(name, input)
  } catch (error) {
    claw.report(error, 'mastra')
    return true
  }
}

/** How dangerous a call is; what cannot be rated is rated highest. */
export function rate(claw: Claw, { risk }: GuardOptions, name: string, input: unknown): Risk | undefined {
  if (typeof risk !== 'function') return risk
  try {
    return risk(name, input)
  } catch (error) {
    claw.report(error, 'mastra')
    return 'critical'
  }
}

function checkOptions(maker: string, claw: unknown, options: object, checks: typeof hookChecks): void {
  if (!('startToolCall' in Object(claw)))
    throw new PincerError(
      'invalid_option',
      `${maker}: expected a claw of createClient, found ${describeValue(claw)}`,
    )
  checkOptionNames(`${maker}()`, options, Object.keys(checks))
  for (const [name, value] of Object.entries(options)) {
    const [isRight, expected] = checks[name] ?? []
    if (value !== undefined && isRight?.(value) === false)
      throw new PincerError(
        'invalid_option',
        `${maker}: ${name}: expected ${expected}, found ${describeValue(value)}`,
      )
  }
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}

function isNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === 'string')
}
