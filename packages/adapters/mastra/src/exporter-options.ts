import { checkOptionNames, PincerError } from '@pincer/protocol'

/** How the exporter records. */
export interface PincerExporterOptions {
  /** Added to the metadata of every run. */
  readonly metadata?: Readonly<Record<string, unknown>>
  /** False records no prompts, arguments and queries. */
  readonly recordInputs?: boolean
  /** False records no answers, results and documents. */
  readonly recordOutputs?: boolean
}

const names = ['metadata', 'recordInputs', 'recordOutputs']

/**
 * Checks what an exporter is made with.
 *
 * @throws PincerError with code `invalid_option`
 */
export function checkExporterOptions(claw: unknown, options: unknown): void {
  if (!('startRun' in Object(claw)))
    throw new PincerError('invalid_option', 'PincerExporter: expected a claw of createClient')
  checkOptionNames('PincerExporter()', options, names)
}
