import { checkOptionNames, describeValue, PincerError } from '@pincer/protocol'

import { checkClaw } from './claw-argument.ts'

/** What is known of an operation of the AI SDK when it starts. */
export interface OperationStart {
  /** Such as `ai.generateText`. */
  readonly operationId: string
  /** The caller's `telemetry.functionId`. */
  readonly functionId?: string | undefined
  readonly provider: string
  readonly modelId: string
  /** The fields of the caller's runtime context that `telemetry.includeRuntimeContext` names; no others. */
  readonly runtimeContext?: Readonly<Record<string, unknown>> | undefined
}

/** How telemetry records. */
export interface PincerTelemetryOptions {
  /** Name of every run; else the caller's `telemetry.functionId`, else the operation, such as `generateText`. */
  readonly name?: string
  /** The agent that runs. */
  readonly agentId?: string
  /**
   * The conversation of every run, or what finds it. Before it comes what the call itself says: `sessionKey` of an
   * included runtime context, then `providerOptions.pincer.sessionKey`; a function comes before both.
   */
  readonly sessionKey?: string | ((start: OperationStart) => string | undefined)
  /** Added to the metadata of every run. */
  readonly metadata?: Readonly<Record<string, unknown>>
  /** False records no prompts, arguments and queries; `telemetry.recordInputs: false` does so for one call. */
  readonly recordInputs?: boolean
  /** False records no answers, results and documents; `telemetry.recordOutputs: false` does so for one call. */
  readonly recordOutputs?: boolean
}

type Check = readonly [(value: unknown) => boolean, string]

const text: Check = [isText, 'a text']
const flag: Check = [(value) => typeof value === 'boolean', 'true or false']
const checks: Readonly<Record<keyof PincerTelemetryOptions, Check>> = {
  name: text,
  agentId: text,
  sessionKey: [(value) => isText(value) || typeof value === 'function', 'a text or a function'],
  metadata: [(value) => typeof value === 'object' && value !== null && !Array.isArray(value), 'an object'],
  recordInputs: flag,
  recordOutputs: flag,
}

/**
 * Checks what telemetry is made with.
 *
 * @throws PincerError with code `invalid_option`
 */
export function checkTelemetryOptions(claw: unknown, options: unknown): void {
  checkClaw('pincerTelemetry', claw)
  checkOptionNames('pincerTelemetry()', options, Object.keys(checks), { functionId: 'name' })
  const given: Readonly<Record<string, unknown>> = Object(options)
  for (const [name, [isRight, expected]] of Object.entries(checks)) {
    const value = given[name]
    if (value === undefined || isRight(value)) continue
    throw new PincerError(
      'invalid_option',
      `pincerTelemetry: ${name}: expected ${expected}, found ${describeValue(value)}`,
    )
  }
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
