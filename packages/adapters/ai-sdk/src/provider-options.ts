import { InvalidArgumentError } from '@ai-sdk/provider'
import { jsonSchema, parseProviderOptions, type Schema } from '@ai-sdk/provider-utils'
import { checkOptionNames, describeValue, PincerError } from '@pincer/protocol'

/** What happens where the gateway asks a person about one of the agent's own tools. */
export type ApprovalMode = 'pause' | 'wait'

/** What one call can say: `providerOptions: { pincer: { … } }`. */
export type PincerOptions = {
  /** Another agent than the model's. */
  readonly agent?: string
  /** The conversation that the gateway keeps: it is told only what is new. Without one, all of it is told each time. */
  readonly sessionKey?: string
  /** The model behind the agent; the agent's own when absent. */
  readonly model?: string
  /** How much the agent thinks, in the gateway's own words; goes before the setting `reasoning`. */
  readonly thinking?: string
  /** Longest run in milliseconds; the gateway's own limit when absent. */
  readonly timeoutMs?: number
  /** What people see the run under. */
  readonly label?: string
  /** Whether a question to a person ends the step (`pause`), or the stream stays open until somebody decides (`wait`). */
  readonly approvals?: ApprovalMode
}

const texts: Readonly<Record<string, string>> = {
  agent: 'the id of an agent',
  sessionKey: 'the key of a session',
  model: 'the name of a model',
  thinking: 'a word of the gateway, such as low',
  label: 'a text',
}

const names = [...Object.keys(texts), 'timeoutMs', 'approvals']

/**
 * Checks options of calls.
 *
 * @param what - What takes them, for the message, such as `providerOptions.pincer`.
 * @throws PincerError `invalid_option` naming the option
 */
export function checkPincerOptions(what: string, options: unknown): PincerOptions {
  checkOptionNames(what, options, names)
  const found: Readonly<Record<string, unknown>> = Object(options)
  for (const [name, expected] of Object.entries(texts)) {
    const value = found[name]
    if (value !== undefined && (typeof value !== 'string' || value === ''))
      throw invalid(what, name, expected, value)
  }
  const { timeoutMs, approvals } = found
  if (
    timeoutMs !== undefined &&
    !(typeof timeoutMs === 'number' && timeoutMs > 0 && Number.isFinite(timeoutMs))
  )
    throw invalid(what, 'timeoutMs', 'milliseconds above zero', timeoutMs)
  if (approvals !== undefined && approvals !== 'pause' && approvals !== 'wait')
    throw invalid(what, 'approvals', "'pause' or 'wait'", approvals)
  return found
}

function invalid(what: string, name: string, expected: string, found: unknown): PincerError {
  return new PincerError(
    'invalid_option',
    `${what}: ${name}: expected ${expected}, found ${describeValue(found)}`,
  )
}

const where = 'providerOptions.pincer'

const schema: Schema<PincerOptions> = jsonSchema<PincerOptions>(
  { type: 'object' },
  {
    validate(value) {
      try {
        return { success: true, value: checkPincerOptions(where, value) }
      } catch (error) {
        return { success: false, error: error instanceof Error ? error : new Error(String(error)) }
      }
    },
  },
)

/**
 * Reads `providerOptions.pincer` of a call.
 *
 * @throws InvalidArgumentError naming the option that is wrong, or unknown
 */
export async function readPincerOptions(providerOptions: object | undefined): Promise<PincerOptions> {
  const given: Readonly<Record<string, unknown>> = { ...providerOptions }
  if (given['pincer'] === null)
    throw refused(new PincerError('invalid_option', `${where}: expected options, found null`))
  try {
    return (await parseProviderOptions({ provider: 'pincer', providerOptions: given, schema })) ?? {}
  } catch (error) {
    if (!InvalidArgumentError.isInstance(error)) throw error
    throw refused(Object(error.cause).cause ?? error)
  }
}

// Its own message names no option.
function refused(cause: unknown): InvalidArgumentError {
  const message = cause instanceof Error ? cause.message : String(cause)
  return new InvalidArgumentError({ argument: where, message, cause })
}
