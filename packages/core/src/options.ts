import { describeValue, type Gateway, PincerError } from '@pincer/protocol'

import { type Clock, systemClock } from './clock.ts'
import type { ContextCarrier } from './context.ts'
import type { GuardOptions } from './guard-gate.ts'
import { callListener } from './listener.ts'
import type { OutboxStore } from './outbox-store.ts'
import type { Drop } from './outbox.ts'
import { readField } from './read-field.ts'
import type { RedactOptions } from './redaction.ts'

/** How the outbox keeps and delivers events. */
export interface OutboxOptions {
  /** Where events wait; memory when absent. `sqliteOutbox` of `@pincer/core/durable` survives a crash. */
  readonly store?: OutboxStore
  /** Most events kept in memory; default 10 000. */
  readonly maxEvents?: number
  /** Most bytes kept in memory; default 8 MiB. */
  readonly maxBytes?: number
  /** Most events in one batch; default 256. */
  readonly maxBatchEvents?: number
  /** Most bytes in one batch; default 1 MiB. */
  readonly maxBatchBytes?: number
  /** Longest wait of an event for company, in milliseconds; default 200. */
  readonly intervalMs?: number
  /** How long the gateway may take for one batch, in milliseconds; default 10 000. */
  readonly requestTimeoutMs?: number
  /** Longest first wait after a failure, in milliseconds; default 250. */
  readonly baseMs?: number
  /** Longest wait between attempts, in milliseconds; default 30 000. */
  readonly maxMs?: number
}

/** How a client is made. */
export interface ClientOptions {
  /** Where runs are recorded, decided on and run; closed together with the client. */
  readonly gateway: Gateway
  /** The agent that this process is, on every run that names no other. */
  readonly agentId?: string
  /** The conversation of every run that names no other. */
  readonly sessionKey?: string
  /** What is taken out of recorded values; `false` takes nothing out. */
  readonly redact?: RedactOptions | false
  /** False records no inputs, arguments and queries, and shows them to no guard. */
  readonly recordInputs?: boolean
  /** False records no outputs, texts and documents. */
  readonly recordOutputs?: boolean
  /** False records no pieces of streams, only their whole. */
  readonly recordDeltas?: boolean
  /** Longest recorded text, in characters; default 32 768. */
  readonly maxTextLength?: number
  /** Longest recorded value, in characters of all its texts; default 262 144. */
  readonly maxValueLength?: number
  /** Share of root runs to record, from 0 to 1, or a decision for each; the runs below follow their root. */
  readonly sample?: number | ((run: { readonly name?: string; readonly sessionKey?: string }) => boolean)
  readonly outbox?: OutboxOptions
  readonly guard?: GuardOptions
  /** How long a run or action may be silent before it is closed, in milliseconds; default 600 000. */
  readonly idleTimeoutMs?: number
  /** Most runs and actions open at a time; beyond it the oldest is closed; default 10 000. */
  readonly maxOpen?: number
  /** How long a normal exit of the process may take to deliver what waits, in milliseconds; default 2 000. */
  readonly exitTimeoutMs?: number
  /** How parents are found; `false` means by explicit `parent` only. */
  readonly context?: ContextCarrier | false
  readonly clock?: Clock
  /** Draws numbers from 0 to 1 for sampling and jitter. */
  readonly random?: () => number
  /** Told of faults that never reach the host: delivery, a redactor that throws, the guard. */
  readonly onError?: (error: unknown, where: string) => void
  /** Told of every loss. */
  readonly onDrop?: (drop: Drop) => void
}

type Numbers<Name extends string> = Readonly<Record<Name, number>>
type LimitName = 'maxTextLength' | 'maxValueLength' | 'idleTimeoutMs' | 'maxOpen' | 'exitTimeoutMs'
type OutboxNumber = Exclude<keyof OutboxOptions, 'store'>
type GuardNumber = 'timeoutMs' | 'approvalTimeoutMs'

const limitDefaults: Numbers<LimitName> = {
  maxTextLength: 32_768,
  maxValueLength: 262_144,
  idleTimeoutMs: 600_000,
  maxOpen: 10_000,
  exitTimeoutMs: 2_000,
}

const outboxDefaults: Numbers<OutboxNumber> = {
  maxEvents: 10_000,
  maxBytes: 8 * 1024 * 1024,
  maxBatchEvents: 256,
  maxBatchBytes: 1024 * 1024,
  intervalMs: 200,
  requestTimeoutMs: 10_000,
  baseMs: 250,
  maxMs: 30_000,
}

const guardDefaults: Numbers<GuardNumber> = { timeoutMs: 10_000, approvalTimeoutMs: 600_000 }

/** The options of a client, checked and with their defaults. */
export interface Settings extends Numbers<LimitName> {
  readonly gateway: Gateway
  readonly clock: Clock
  readonly random: () => number
  readonly recordInputs: boolean
  readonly recordOutputs: boolean
  readonly recordDeltas: boolean
  readonly outbox: Numbers<OutboxNumber>
  readonly guard: Required<GuardOptions>
  /** Tells of a fault that must not reach the host; never throws. */
  readonly report: (error: unknown, where: string) => void
}

/**
 * Checks options and fills in the defaults.
 *
 * @throws PincerError with code `invalid_option` naming the option, what was expected and what was found
 */
export function resolveOptions(options: ClientOptions): Settings {
  const gateway = readField(options, 'gateway')
  check(
    typeof readField(gateway, 'close') === 'function',
    'gateway',
    'a gateway such as localGateway()',
    gateway,
  )
  const { sample } = options
  const isShare = typeof sample === 'number' && sample >= 0 && sample <= 1
  check(
    sample === undefined || typeof sample === 'function' || isShare,
    'sample',
    'a number from 0 to 1 or a function',
    sample,
  )
  const recordOutputs = options.recordOutputs ?? true
  const { mode, fail } = options.guard ?? {}
  return {
    gateway: options.gateway,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    recordInputs: options.recordInputs ?? true,
    recordOutputs,
    recordDeltas: recordOutputs && (options.recordDeltas ?? true),
    ...fillNumbers(limitDefaults, options, ''),
    outbox: fillNumbers(outboxDefaults, options.outbox, 'outbox.'),
    guard: {
      mode: choose('guard.mode', ['observe', 'enforce'], mode ?? 'observe'),
      fail: choose('guard.fail', ['open', 'closed'], fail ?? 'closed'),
      ...fillNumbers(guardDefaults, options.guard, 'guard.'),
    },
    // Where telling fails there is nobody left to tell.
    report: (error, where) =>
      callListener(
        () => options.onError?.(error, where),
        () => {},
      ),
  }
}

function fillNumbers<Name extends string>(
  defaults: Numbers<Name>,
  given: { readonly [Field in Name]?: number } | undefined,
  prefix: string,
): Numbers<Name> {
  const filled: Record<string, number> = {}
  for (const [name, standard] of Object.entries<number>(defaults)) {
    const value: unknown = given?.[name as Name] ?? standard
    check(typeof value === 'number' && value > 0, prefix + name, 'a number greater than zero', value)
    check(!/^max(?!Ms)/.test(name) || Number.isSafeInteger(value), prefix + name, 'a whole number', value)
    filled[name] = value
  }
  return filled as Numbers<Name>
}

function choose<Word extends string>(name: string, words: readonly Word[], value: Word): Word {
  check(words.includes(value), name, words.join(' or '), value)
  return value
}

function check(isRight: boolean, name: string, expected: string, value: unknown): asserts isRight {
  if (!isRight)
    throw new PincerError(
      'invalid_option',
      `createClient: ${name} must be ${expected}, found ${describeValue(value)}`,
    )
}
