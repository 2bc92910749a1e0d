import type { Claw } from '@pincer/core'
import { checkOptionNames, type Gateway, PincerError } from '@pincer/protocol'

import { describeParty, isClaw, isGateway } from './claw-argument.ts'
import type { ApprovalMode } from './provider-options.ts'

/** How a provider finds its gateway, and what its models do. */
export interface PincerProviderSettings {
  /** The gateway whose agents are the models. */
  readonly gateway?: Gateway
  /** The client whose gateway it is; a run of it that is under way becomes the parent of the agents' runs. */
  readonly claw?: Claw
  /** What the provider is called in logs and telemetry; `pincer`. */
  readonly name?: string
  /** Whether a question to a person ends the step (`pause`, the default), or the stream stays open until somebody decides (`wait`). */
  readonly approvals?: ApprovalMode
  /** Bytes; files that an agent makes are handed over up to this size, 16 MiB, and told by their name above it. */
  readonly maxFileBytes?: number
}

/** Settings that were checked, with their defaults. */
export interface KnownSettings {
  readonly gateway: Gateway
  readonly claw: Claw | undefined
  readonly name: string
  readonly approvals: ApprovalMode
  readonly maxFileBytes: number
}

/** What a provider is called where nothing else is said. */
export const defaultName = 'pincer'

const defaultFileBytes = 16 * 1024 * 1024

// Written as a record, so that the compiler misses a name that is added to the settings.
const names: Readonly<Record<keyof PincerProviderSettings, true>> = {
  gateway: true,
  claw: true,
  name: true,
  approvals: true,
  maxFileBytes: true,
}

/**
 * Checks the settings of a provider.
 *
 * @param what - What takes them, for the message, such as `createPincer()`.
 * @throws PincerError with code `invalid_option` naming what is wrong
 */
export function checkSettings(what: string, settings: PincerProviderSettings): KnownSettings {
  if (isClaw(settings) || isGateway(settings))
    throw new PincerError(
      'invalid_option',
      `${what}: expected settings, found ${describeParty(settings)}; give it as { ${isClaw(settings) ? 'claw' : 'gateway'} }`,
    )
  checkOptionNames(what, settings, Object.keys(names), {
    url: 'gateway',
    baseURL: 'gateway',
    apiKey: 'gateway',
  })
  const { claw, gateway = claw?.gateway, name = defaultName, approvals = 'pause' } = settings
  const { maxFileBytes = defaultFileBytes } = settings
  const refuse = (option: string, expected: string, found: unknown, next = ''): PincerError =>
    new PincerError(
      'invalid_option',
      `${what}: ${option}: expected ${expected}, found ${describeParty(found)}${next}`,
    )
  if (claw !== undefined && !isClaw(claw)) throw refuse('claw', 'a claw of createClient', claw)
  if (!isGateway(gateway))
    throw refuse(
      'gateway',
      'a gateway, or a claw of createClient as `claw`',
      gateway,
      '; localGateway() and openclaw() make gateways',
    )
  if (typeof name !== 'string' || name === '') throw refuse('name', 'a name', name)
  if (approvals !== 'pause' && approvals !== 'wait') throw refuse('approvals', "'pause' or 'wait'", approvals)
  if (!(typeof maxFileBytes === 'number' && maxFileBytes >= 0))
    throw refuse('maxFileBytes', 'a number of bytes', maxFileBytes)
  return { gateway, claw, name, approvals, maxFileBytes }
}
