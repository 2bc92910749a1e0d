import type { Gateway } from '@pincer/protocol'

import { type Clock, systemClock } from './clock.ts'
import type { ContextCarrier } from './context.ts'
import type { GuardOptions } from './guard-gate.ts'
import { callListener } from './listener.ts'
import { check, checkOptions, fillNumbers, type Numbers, type OptionTable } from './option-check.ts'
import type { OutboxStore } from './outbox-store.ts'
import type { Drop } from './outbox.ts'
import { readField } from './read-field.ts'
import type { RedactOptions } from './redaction.ts'
import { warnOfDelivery, warnOfLosses } from './warning.ts'

/** How the outbox keeps and delivers events. */
export interface OutboxOptions {
  /** Where events wait; memory when absent. `sqliteOutbox` of `@pincer/core/durable` survives a crash. */
  readonly store?: OutboxStore
  /** Most events kept in memory; default 50 000. */
  readonly maxEvents?: number
  /** Most bytes kept in memory; default 10 MiB. */
  readonly maxBytes?: number
  /** Most events in one batch; default 512. */
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
export interface ClientOptions<G extends Gateway = Gateway> {
  /** Where runs are recorded, decided on and run; closed together with the client. */
  readonly gateway: G
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
  /** Told of faults that never reach the host: delivery, a redactor that throws, the guard. Without it and `onDrop`, the process warns. */
  readonly onError?: (error: unknown, where: string) => void
  /** Told of every loss. */
  readonly onDrop?: (drop: Drop) => void
}

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
  maxEvents: 50_000,
  maxBytes: 10 * 1024 * 1024,
  maxBatchEvents: 512,
  maxBatchBytes: 1024 * 1024,
  intervalMs: 200,
  requestTimeoutMs: 10_000,
  baseMs: 250,
  maxMs: 30_000,
}

const guardDefaults: Numbers<GuardNumber> = { timeoutMs: 10_000, approvalTimeoutMs: 600_000 }

const clientTable: OptionTable<ClientOptions> = {
  gateway: 'other',
  agentId: 'string',
  sessionKey: 'string',
  redact: 'other',
  recordInputs: 'boolean',
  recordOutputs: 'boolean',
  recordDeltas: 'boolean',
  sample: 'other',
  outbox: 'other',
  guard: 'other',
  context: 'other',
  clock: 'other',
  random: 'function',
  onError: 'function',
  onDrop: 'function',
  ...limitDefaults,
}
const outboxTable: OptionTable<OutboxOptions> = { store: 'other', ...outboxDefaults }
const guardTable: OptionTable<GuardOptions> = { mode: 'other', fail: 'other', ...guardDefaults }
const redactTable: OptionTable<RedactOptions> = {
  keys: 'list',
  patterns: 'list',
  emails: 'boolean',
  cards: 'boolean',
  custom: 'function',
}
const maker = 'createClient: '

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
  /** Tells at the end how many events were lost, where nobody listens to each loss. */
  readonly tellLosses: ((count: number) => void) | undefined
}

/**
 * Checks options and fills in the defaults.
 *
 * @throws PincerError with code `invalid_option` naming the option, what was expected and what was found
 */
export function resolveOptions(options: ClientOptions): Settings {
  checkOptions('createClient', '', options, clientTable, '{ gateway: localGateway() }')
  const { gateway, sample, outbox, guard, redact } = options
  check(
    typeof readField(gateway, 'close') === 'function',
    `${maker}gateway`,
    'a gateway such as localGateway()',
    gateway,
  )
  checkOptions('createClient', 'outbox', outbox ?? {}, outboxTable, '{ store: sqliteOutbox({ path }) }')
  checkOptions('createClient', 'guard', guard ?? {}, guardTable, "{ mode: 'enforce' }")
  if (redact !== false)
    checkOptions('createClient', 'redact', redact ?? {}, redactTable, '{ emails: true }, or false')
  const store = outbox?.store
  check(
    store === undefined || typeof readField(store, 'take') === 'function',
    `${maker}outbox.store`,
    'a store such as sqliteOutbox({ path })',
    store,
  )
  const isShare = typeof sample === 'number' && sample >= 0 && sample <= 1
  check(
    sample === undefined || typeof sample === 'function' || isShare,
    `${maker}sample`,
    'a number from 0 to 1 or a function',
    sample,
  )
  const recordOutputs = options.recordOutputs ?? true
  const { mode, fail } = guard ?? {}
  // A host that listens to nothing is told of the first failed delivery, and at the end of losses.
  const isDeaf = !options.onError && !options.onDrop
  let isWarned = false
  return {
    gateway,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    recordInputs: options.recordInputs ?? true,
    recordOutputs,
    recordDeltas: recordOutputs && (options.recordDeltas ?? true),
    ...fillNumbers(maker, options, limitDefaults),
    outbox: fillNumbers(`${maker}outbox.`, outbox, outboxDefaults),
    guard: {
      mode: choose('guard.mode', ['observe', 'enforce'], mode ?? 'observe'),
      fail: choose('guard.fail', ['open', 'closed'], fail ?? 'closed'),
      ...fillNumbers(`${maker}guard.`, guard, guardDefaults),
    },
    report(error, where) {
      const tell = (): void => {
        if (!isDeaf) return options.onError?.(error, where)
        if (isWarned || where !== 'outbox') return
        isWarned = true
        warnOfDelivery(error)
      }
      // Where telling fails there is nobody left to tell.
      callListener(tell, () => {})
    },
    tellLosses: isDeaf ? warnOfLosses : undefined,
  }
}

function choose<Word extends string>(name: string, words: readonly Word[], value: Word): Word {
  check(words.includes(value), maker + name, words.join(' or '), value)
  return value
}
