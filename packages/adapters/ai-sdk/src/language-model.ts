import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
} from '@ai-sdk/provider'
import type { Claw } from '@pincer/core'
import type { Gateway } from '@pincer/protocol'

import { type CallSettings, type OpenCall, openCall } from './language-model-open.ts'
import { runnerOf } from './language-model-request.ts'
import { readResult } from './language-model-result.ts'
import { type ApprovalMode, type PincerOptions, readPincerOptions } from './provider-options.ts'

/** Where a model of a provider finds its gateway, and what its calls are answered with. */
export interface PincerModelConfig {
  /** Name of the provider, such as `pincer`. */
  readonly name: string
  /** @throws LoadSettingError where there is none yet */
  readonly source: () => {
    readonly gateway: Gateway
    readonly claw: Claw | undefined
    readonly approvals: ApprovalMode
    /** Bytes; larger files are told as sources. */
    readonly maxFileBytes: number
  }
  /** Options of every call, where the call has none of its own. */
  readonly options: PincerOptions
}

/**
 * An agent of a gateway as a language model of the AI SDK, made by `createPincer`; a model for Mastra too.
 *
 * The agent's own tools are told as calls that the provider executes. Aborting a call, or leaving its stream, cancels the run.
 */
export class PincerLanguageModel implements LanguageModelV4 {
  readonly specificationVersion = 'v4'
  readonly provider: string
  /** Id of the agent. */
  readonly modelId: string
  readonly supportedUrls: Record<string, RegExp[]> = {}
  /**
   * Runs the agent to its end, or to a question to a person.
   *
   * @throws GatewayError for a run that failed, APICallError for one that could not be started and may be tried again,
   * InvalidArgumentError for wrong options, the signal's reason
   */
  readonly doGenerate: (options: LanguageModelV4CallOptions) => Promise<LanguageModelV4GenerateResult>
  /**
   * Runs the agent, and streams what it does as fast as it is read.
   *
   * @throws the same, but a run that fails once it has begun is told in the stream
   */
  readonly doStream: (options: LanguageModelV4CallOptions) => Promise<LanguageModelV4StreamResult>

  /** @internal */
  constructor(agentId: string, config: PincerModelConfig) {
    this.provider = `${config.name}.agent`
    this.modelId = agentId
    // Bound, and not shown: whoever copies or wraps the model may call them on whatever they made of it.
    const open = async (options: LanguageModelV4CallOptions, isStream: boolean): Promise<OpenCall> =>
      openCall({ ...(await settingsOf(agentId, config, options)), isStream }, options)
    this.doGenerate = async (options) => readResult(await open(options, false))
    this.doStream = async (options) => stream(await open(options, true))
  }
}

async function settingsOf(
  agentId: string,
  { source, options }: PincerModelConfig,
  { providerOptions }: LanguageModelV4CallOptions,
): Promise<Omit<CallSettings, 'isStream'>> {
  const pincer = { ...options, ...(await readPincerOptions(providerOptions)) }
  const { gateway, claw, approvals, maxFileBytes } = source()
  const agent = pincer.agent ?? agentId
  return {
    callee: { gateway, runner: runnerOf(gateway, agent), agent, claw },
    pincer,
    approvals: pincer.approvals ?? approvals,
    maxFileBytes,
  }
}

function stream({ parts, body, stop }: OpenCall): LanguageModelV4StreamResult {
  const stream = new ReadableStream<LanguageModelV4StreamPart>(
    {
      async pull(controller) {
        for (const part of (await parts.next()) ?? []) controller.enqueue(part)
        if (parts.isOver) controller.close()
      },
      cancel(reason: unknown) {
        stop(reason ?? new DOMException('nobody reads the answer any more', 'AbortError'))
      },
    },
    // Nothing is read before somebody asks for it.
    { highWaterMark: 0 },
  )
  return { stream, request: { body } }
}
