import { checkOptionNames, PincerError } from '@pincer/protocol'

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

const names = ['name', 'agentId', 'sessionKey', 'metadata', 'recordInputs', 'recordOutputs']

/**
 * Checks what telemetry is made with.
 *
 * @throws PincerError with code `invalid_option`
 */
export function checkTelemetryOptions(claw: unknown, options: unknown): void {
  if (!('startRun' in Object(claw)))
    throw new PincerError('invalid_option', 'pincerTelemetry: expected a claw of createClient')
  checkOptionNames('pincerTelemetry()', options, names)
}
