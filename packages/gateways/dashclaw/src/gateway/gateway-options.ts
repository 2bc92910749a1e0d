import { checkOptionNames, describeValue, PincerError } from '@pincer/protocol'
import { type CheckedOptions, checkOptions, type DashClawOptions } from '../options.ts'
import type { DescribeStep } from './describe-step.ts'

/** How a DashClaw gateway is made. */
export interface DashClawGatewayOptions extends Omit<
  DashClawOptions,
  | 'hitlMode'
  | 'guardMode'
  | 'guardCallback'
  | 'autoRecommend'
  | 'recommendationConfidenceMin'
  | 'recommendationCallback'
> {
  /**
   * Says what a run or a step of it is to DashClaw's policies, in the guard's question and in the record alike.
   *
   * Without it a tool's `action_type` is its name, and the goal says what is asked of it; a model call, a retrieval and a run are `model_call`,
   * `retrieval` and `run`. Servers of 2.0.x are told the nearest of their twenty words.
   */
  readonly describe?: DescribeStep | undefined
}

/** Options of a gateway, checked. */
export interface CheckedGatewayOptions {
  readonly settings: CheckedOptions
  readonly describe: DescribeStep | undefined
}

// Written as a record, so that the compiler misses a name that is added to the options.
const names: Readonly<Record<keyof DashClawGatewayOptions, true>> = {
  baseUrl: true,
  apiKey: true,
  agentId: true,
  agentName: true,
  swarmId: true,
  privateKey: true,
  timeoutMs: true,
  retries: true,
  onWarning: true,
  describe: true,
}

/**
 * Checks the options before anything is opened.
 *
 * @throws PincerError `invalid_option` naming the option.
 */
export function readGatewayOptions(options: DashClawGatewayOptions): CheckedGatewayOptions {
  checkOptionNames('dashclaw()', options, Object.keys(names))
  const { describe, ...rest } = options
  if (describe !== undefined && typeof describe !== 'function') {
    throw new PincerError('invalid_option', `describe: expected a function, found ${describeValue(describe)}`)
  }
  const settings = checkOptions(rest)
  return { settings, describe: describe === undefined ? undefined : guarded(describe, settings.onWarning) }
}

// What the app's function throws must not keep anything from being recorded, or decided as usual.
function guarded(describe: DescribeStep, onWarning: (warning: string) => void): DescribeStep {
  return (step) => {
    try {
      return describe(step)
    } catch (error) {
      onWarning(`describe() failed on "${step.name}", which is described as usual: ${String(error)}`)
      return undefined
    }
  }
}
