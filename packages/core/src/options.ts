import { describeValue, type Gateway, PincerError } from '@pincer/protocol'

import type { Clock } from './clock.ts'
import type { ContextCarrier } from './context.ts'
import type { GuardOptions } from './guard-gate.ts'
import type { OutboxStore } from './outbox-store.ts'
import type { Drop } from './outbox.ts'
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

/** Every number and choice of a client, checked and with its default. */
export interface ResolvedOptions {
  readonly limits: Numbers<LimitName>
  readonly outbox: Numbers<OutboxNumber>
  readonly guard: Required<GuardOptions>
}

/**
 * Checks options and fills in the defaults.
 *
 * @throws PincerError with code `invalid_option` naming the option, what was expected and what was found
 */
export function resolveOptions(options: ClientOptions): ResolvedOptions {
  const gateway: unknown = (options as { gateway?: unknown } | undefined)?.gateway
  if (
    typeof gateway !== 'object' ||
    gateway === null ||
    typeof (gateway as { close?: unknown }).close !== 'function'
  ) {
    throw invalid('gateway', 'a gateway such as localGateway()', gateway)
  }
  const { sample } = options
  const isShare = typeof sample === 'number' && sample >= 0 && sample <= 1
  if (sample !== undefined && typeof sample !== 'function' && !isShare) {
    throw invalid('sample', 'a number from 0 to 1 or a function', sample)
  }
  const mode = options.guard?.mode ?? 'observe'
  const fail = options.guard?.fail ?? 'closed'
  if (mode !== 'observe' && mode !== 'enforce') throw invalid('guard.mode', 'observe or enforce', mode)
  if (fail !== 'open' && fail !== 'closed') throw invalid('guard.fail', 'open or closed', fail)
  return {
    limits: fillNumbers(limitDefaults, options, ''),
    outbox: fillNumbers(outboxDefaults, options.outbox ?? {}, 'outbox.'),
    guard: { mode, fail, ...fillNumbers(guardDefaults, options.guard ?? {}, 'guard.') },
  }
}

function fillNumbers<Name extends string>(
  defaults: Numbers<Name>,
  given: { readonly [Field in Name]?: number },
  prefix: string,
): Numbers<Name> {
  const filled: Record<string, number> = {}
  for (const [name, standard] of Object.entries<number>(defaults)) {
    const value: unknown = given[name as Name] ?? standard
    if (typeof value !== 'number' || !(value > 0))
      throw invalid(prefix + name, 'a number greater than zero', value)
    if (name.startsWith('max') && name !== 'maxMs' && !Number.isSafeInteger(value))
      throw invalid(prefix + name, 'a whole number', value)
    filled[name] = value
  }
  return filled as Numbers<Name>
}

function invalid(name: string, expected: string, value: unknown): PincerError {
  return new PincerError(
    'invalid_option',
    `createClient: ${name} must be ${expected}, found ${describeValue(value)}`,
  )
}
