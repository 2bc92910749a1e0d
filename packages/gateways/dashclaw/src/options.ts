import type { webcrypto } from 'node:crypto'
import { checkOptionNames, describeValue, PincerError } from '@pincer/protocol'
import type { GuardDecision } from './methods/guard-results.ts'

/** How a client of a DashClaw server is made. */
export interface DashClawOptions {
  /** Where the server is, such as `https://dashclaw.example.com` or `http://localhost:3000`. */
  readonly baseUrl: string
  /** The organization's key, such as `oc_live_…`. */
  readonly apiKey: string
  /** Name of the agent that the client speaks for. */
  readonly agentId: string
  /** What people see of the agent. */
  readonly agentName?: string | undefined
  /** The group of agents it belongs to. */
  readonly swarmId?: string | undefined
  /** The agent's RSA key: actions are signed with it. A `CryptoKey`, a private JWK, or PKCS #8 as PEM text. */
  readonly privateKey?: webcrypto.CryptoKey | webcrypto.JsonWebKey | string | undefined
  /** `wait`: an action that needs an approval is waited for by `createAction`; `off`. */
  readonly hitlMode?: 'off' | 'wait' | undefined
  /** Asks the guard before an action is recorded: `warn` says what it said, `enforce` throws where it forbids; `off`. */
  readonly guardMode?: 'off' | 'warn' | 'enforce' | undefined
  /** Is told every decision of `guardMode`. */
  readonly guardCallback?: ((decision: GuardDecision) => void) | undefined
  /** Looks for a recommendation before an action is recorded: `warn` tells of it, `enforce` applies it; `off`. */
  readonly autoRecommend?: 'off' | 'warn' | 'enforce' | undefined
  /** Confidence, from 0 to 100, below which a recommendation is not applied; 70. */
  readonly recommendationConfidenceMin?: number | undefined
  /** Is told every recommendation of `autoRecommend`, and what it would change. */
  readonly recommendationCallback?: ((adapted: unknown) => void) | undefined
  /** Milliseconds for one call, repeats included; 30,000. */
  readonly timeoutMs?: number | undefined
  /** How often a request that may be repeated is sent again after a fault; 3. */
  readonly retries?: number | undefined
  /** Is told what goes on though it should not, such as an address without TLS, or what `guardMode: 'warn'` lets pass; `console.warn`. */
  readonly onWarning?: ((warning: string) => void) | undefined
}

/** Options that were checked, with what holds where one is absent. */
export interface CheckedOptions {
  readonly baseUrl: string
  readonly apiKey: string
  readonly agentId: string
  readonly agentName: string | undefined
  readonly swarmId: string | undefined
  readonly privateKey: DashClawOptions['privateKey']
  readonly hitlMode: 'off' | 'wait'
  readonly guardMode: 'off' | 'warn' | 'enforce'
  readonly guardCallback: DashClawOptions['guardCallback']
  readonly autoRecommend: 'off' | 'warn' | 'enforce'
  readonly recommendationConfidenceMin: number
  readonly recommendationCallback: DashClawOptions['recommendationCallback']
  readonly timeoutMs: number
  readonly retries: number
  readonly onWarning: (warning: string) => void
}

const optionNames: readonly string[] = [
  'baseUrl',
  'apiKey',
  'agentId',
  'agentName',
  'swarmId',
  'privateKey',
  'hitlMode',
  'guardMode',
  'guardCallback',
  'autoRecommend',
  'recommendationConfidenceMin',
  'recommendationCallback',
  'timeoutMs',
  'retries',
  'onWarning',
]

const otherNames: Readonly<Record<string, string>> = {
  url: 'baseUrl',
  token: 'apiKey',
  key: 'apiKey',
  timeout: 'timeoutMs',
}

/**
 * Checks options.
 *
 * @throws PincerError `invalid_option` naming the option and what to do; never with the key in it.
 */
export function checkOptions(options: DashClawOptions): CheckedOptions {
  checkOptionNames('DashClaw', options, optionNames, otherNames)
  const modes = ['off', 'warn', 'enforce'] as const
  return {
    baseUrl: readBaseUrl(options.baseUrl),
    apiKey: readKey(options.apiKey),
    agentId: readText('agentId', options.agentId, 'the name of your agent, such as "deploy-bot"'),
    agentName: readOptionalText('agentName', options.agentName),
    swarmId: readOptionalText('swarmId', options.swarmId),
    privateKey: options.privateKey,
    hitlMode: readMode('hitlMode', options.hitlMode, ['off', 'wait'] as const),
    guardMode: readMode('guardMode', options.guardMode, modes),
    guardCallback: readCallback('guardCallback', options.guardCallback),
    autoRecommend: readMode('autoRecommend', options.autoRecommend, modes),
    recommendationConfidenceMin: readNumber(
      'recommendationConfidenceMin',
      options.recommendationConfidenceMin ?? 70,
      0,
      100,
    ),
    recommendationCallback: readCallback('recommendationCallback', options.recommendationCallback),
    timeoutMs: readNumber('timeoutMs', options.timeoutMs ?? 30_000, 1, 2_147_483_647),
    retries: Math.trunc(readNumber('retries', options.retries ?? 3, 0, 100)),
    onWarning:
      readCallback('onWarning', options.onWarning) ?? ((warning) => console.warn(`[dashclaw] ${warning}`)),
  }
}

function readBaseUrl(value: unknown): string {
  const what = 'the address of your DashClaw server, such as http://localhost:3000'
  const text = readText('baseUrl', value, what)
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw invalid('baseUrl', what, value)
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new PincerError('invalid_option', `baseUrl: expected ${what}, without user, query or fragment`)
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

function readKey(value: unknown): string {
  // What was given is a secret, or a piece of one.
  if (typeof value !== 'string' || value.trim() === '') {
    throw new PincerError('invalid_option', 'apiKey: expected your key, such as oc_live_…, found none')
  }
  if (!/^[\u0021-\u007e]+$/.test(value.trim())) {
    throw new PincerError(
      'invalid_option',
      'apiKey: expected a key without spaces and line ends; check where it is read',
    )
  }
  return value.trim()
}

function readText(name: string, value: unknown, what: string): string {
  if (typeof value !== 'string' || value.trim() === '') throw invalid(name, what, value)
  return value
}

function readOptionalText(name: string, value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : readText(name, value, 'a text that is not empty')
}

function readMode<Mode extends string>(
  name: string,
  value: unknown,
  modes: readonly [Mode, ...Mode[]],
): Mode {
  if (value === undefined || value === null) return modes[0]
  const found = modes.find((mode) => mode === value)
  if (found === undefined) throw invalid(name, `one of ${modes.join(', ')}`, value)
  return found
}

function readNumber(name: string, value: unknown, least: number, most: number): number {
  if (typeof value !== 'number' || !(value >= least && value <= most)) {
    throw invalid(name, `a number from ${least} to ${most}`, value)
  }
  return value
}

function readCallback<Callback>(name: string, value: Callback): Callback {
  if (value !== undefined && typeof value !== 'function') throw invalid(name, 'a function', value)
  return value
}

function invalid(name: string, expected: string, value: unknown): PincerError {
  return new PincerError('invalid_option', `${name}: expected ${expected}, found ${describeValue(value)}`)
}
