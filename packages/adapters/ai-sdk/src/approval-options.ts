import type { Claw } from '@pincer/core'
import { checkOptionNames, describeValue, PincerError, type Risk } from '@pincer/protocol'

import type { OwnApproval } from './approval-own.ts'
import { checkClaw } from './claw-argument.ts'

/** How tool calls are guarded, by whatever asks. */
export interface GuardOptions {
  /** The tools to ask about, by name or by a test of the call; all when absent. */
  readonly tools?: readonly string[] | ((toolName: string, input: unknown) => boolean)
  /** How dangerous a call is, for the guard's policies. */
  readonly risk?: Risk | ((toolName: string, input: unknown) => Risk | undefined)
  /** How long to wait for a person, in milliseconds; the client's `guard.approvalTimeoutMs` when absent. */
  readonly approvalTimeoutMs?: number
  /** The conversation of calls that no telemetry places in a run, such as the chat's id. */
  readonly sessionKey?: string
}

/** How `pincerApproval` asks. */
export interface PincerApprovalOptions extends GuardOptions {
  /**
   * Who answers where a person has to be asked: with `wait` (default) the call waits for somebody at the gateway, with `user`
   * the AI SDK's own approval request goes to the chat, and whoever is faster decides, in the chat or at the gateway.
   */
  readonly ask?: 'wait' | 'user'
  /** Gives questions up; the AI SDK does not hand its own signal to approval functions. */
  readonly signal?: AbortSignal | (() => AbortSignal | undefined)
  /** Who answers in the chat, for the gateway's record. */
  readonly decidedBy?: string
  /** What the call would be given as `toolApproval` without us: it has a say too, and can deny or ask. */
  readonly toolApproval?: OwnApproval
}

/** How `guardTools` asks. */
export interface GuardToolsOptions extends GuardOptions {
  /** What becomes of a refused call: `throw` (default) an error whose text is written for the model, or that text as `output`. */
  readonly onRefused?: 'throw' | 'output'
}

type Check = readonly [(value: unknown) => boolean, string]

const risks: readonly unknown[] = ['low', 'medium', 'high', 'critical']
const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''
const guardChecks: Readonly<Record<string, Check>> = {
  tools: [(value) => isFunction(value) || isNames(value), 'a list of tool names or a function'],
  risk: [(value) => isFunction(value) || risks.includes(value), 'low, medium, high, critical or a function'],
  approvalTimeoutMs: [(value) => typeof value === 'number' && value > 0, 'a number greater than zero'],
  sessionKey: [isText, 'a text'],
}
const approvalChecks: typeof guardChecks = {
  ...guardChecks,
  ask: [(value) => value === 'wait' || value === 'user', "'wait' or 'user'"],
  signal: [(value) => isFunction(value) || value instanceof AbortSignal, 'an AbortSignal or a function'],
  decidedBy: [isText, 'a text'],
  toolApproval: [
    (value) => typeof value === 'object' || isFunction(value),
    'a function or an entry for each tool',
  ],
}
const toolsChecks: typeof guardChecks = {
  ...guardChecks,
  onRefused: [(value) => value === 'throw' || value === 'output', "'throw' or 'output'"],
}

/**
 * Refuses what is no claw, and options of `pincerApproval` that are none or not as they must be.
 *
 * @throws PincerError with code `invalid_option`
 */
export function checkApprovalOptions(claw: Claw, options: PincerApprovalOptions): void {
  checkOptions('pincerApproval', claw, options, approvalChecks)
}

/**
 * Refuses what is no claw, and options of `guardTools` that are none or not as they must be.
 *
 * @throws PincerError with code `invalid_option`
 */
export function checkGuardToolsOptions(claw: Claw, options: GuardToolsOptions): void {
  checkOptions('guardTools', claw, options, toolsChecks)
}

/** Tells whether a call is asked about; what cannot be told to be harmless is. */
export function isAskedAbout(claw: Claw, { tools }: GuardOptions, name: string, input: unknown): boolean {
  if (typeof tools !== 'function') return tools?.includes(name) ?? true
  try {
    return tools(name, input)
  } catch (error) {
    claw.report(error, 'ai-sdk')
    return true
  }
}

/** How dangerous a call is; what cannot be rated is rated highest. */
export function rate(claw: Claw, { risk }: GuardOptions, name: string, input: unknown): Risk | undefined {
  if (typeof risk !== 'function') return risk
  try {
    return risk(name, input)
  } catch (error) {
    claw.report(error, 'ai-sdk')
    return 'critical'
  }
}

function checkOptions(maker: string, claw: unknown, options: object, checks: typeof guardChecks): void {
  checkClaw(maker, claw)
  checkOptionNames(`${maker}()`, options, Object.keys(checks), { timeoutMs: 'approvalTimeoutMs' })
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
