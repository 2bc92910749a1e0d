import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager'
import type {
  BaseLanguageModelInput,
  StructuredOutputMethodOptions,
} from '@langchain/core/language_models/base'
import { BaseChatModel, type BindToolsInput } from '@langchain/core/language_models/chat_models'
import type { AIMessageChunk, BaseMessage } from '@langchain/core/messages'
import type { ChatGenerationChunk, ChatResult } from '@langchain/core/outputs'
import type { Runnable, RunnableConfig } from '@langchain/core/runnables'
import type { Claw } from '@pincer/core'
import { type Gateway, GatewayError } from '@pincer/protocol'

import { ChunkMaker, toChatResult } from './chat-message.ts'
import { checkChatOptions, type ChatClawOptions, type ClawCallOptions } from './chat-options.ts'
import { type RequestOptions, toRunRequest } from './chat-request.ts'
import { ChatRun, type ToldEvent } from './chat-run.ts'
import { threadOf } from './chat-session.ts'
import { type OutputSchema, structuredOutput } from './chat-structured-output.ts'
import { toToolDefinition } from './chat-tools.ts'

const defaultRetries = 2

/**
 * An agent of a gateway as a chat model of LangChain.
 *
 * Tools that are bound are called by the caller, as with any model; the gateway's own tools are run by the gateway, and told as
 * custom events `claw.tool_call`. Questions to people come as `claw.approval`, and the call waits. The message names its run
 * and its session in `response_metadata`.
 *
 * @throws PincerError with code `invalid_option`
 * @example
 * const model = new ChatClaw({ claw, agent: 'main' })
 * const answer = await model.invoke('What is new?', { configurable: { thread_id: 'ada' } })
 */
export class ChatClaw extends BaseChatModel<ClawCallOptions> {
  readonly agent: string
  readonly model: string | undefined
  readonly sessionKey: string | false | undefined
  /** Milliseconds. */
  readonly timeoutMs: number | undefined
  readonly #gateway: Gateway
  readonly #claw: Claw | undefined

  constructor(options: ChatClawOptions) {
    const found = checkChatOptions(options)
    const { claw, gateway: _, agent, model, sessionKey, timeoutMs, ...fields } = options
    super({ maxRetries: defaultRetries, onFailedAttempt: stopUnlessRetryable, ...fields })
    this.#gateway = found
    this.#claw = claw
    this.agent = agent
    this.model = model
    this.sessionKey = sessionKey
    this.timeoutMs = timeoutMs
    this.disableStreaming = fields.disableStreaming ?? false
  }

  static override lc_name(): string {
    return 'ChatClaw'
  }

  override _llmType(): string {
    return 'claw'
  }

  /** What tells its cached answers from those of others. */
  override _identifyingParams(): Record<string, unknown> {
    const { agent, model, sessionKey } = this
    return { gateway: this.#gateway.name, agent, model, sessionKey }
  }

  override invocationParams(options?: this['ParsedCallOptions']): Record<string, unknown> {
    const { model, sessionKey, timeoutMs, ...rest } = this.#merge(options)
    return {
      model: model ?? this.agent,
      agent: this.agent,
      ...(typeof sessionKey === 'string' && { session_key: sessionKey }),
      ...(timeoutMs !== undefined && { timeout_ms: timeoutMs }),
      ...(rest.tools !== undefined && { tools: rest.tools.map(toToolDefinition) }),
      ...(rest.tool_choice !== undefined && { tool_choice: rest.tool_choice }),
    }
  }

  override getLsParams(options: this['ParsedCallOptions']): ReturnType<BaseChatModel['getLsParams']> {
    return {
      ls_provider: this.#gateway.name,
      ls_model_name: this.agent,
      ls_model_type: 'chat',
      ...(options.stop !== undefined && { ls_stop: options.stop }),
    }
  }

  /**
   * Offers tools of the caller to the agent; a run that wants one ends with `tool_calls`.
   *
   * @throws PincerError with code `invalid_option` for what is no tool
   */
  override bindTools(
    tools: BindToolsInput[],
    options: Partial<ClawCallOptions> = {},
  ): Runnable<BaseLanguageModelInput, AIMessageChunk, ClawCallOptions> {
    return this.withConfig({ tools: tools.map(toToolDefinition), ...options })
  }

  /**
   * Answers with a value instead of a message: the arguments of a tool call, or with `method: 'jsonMode'` (or `'jsonSchema'`)
   * JSON that the agent writes, for gateways that take no tools of the caller.
   *
   * Its calls throw OutputParserException where the answer does not fit the schema.
   */
  override withStructuredOutput<Output extends Record<string, unknown>>(
    schema: OutputSchema<Output>,
    options?: StructuredOutputMethodOptions<false>,
  ): Runnable<BaseLanguageModelInput, Output>
  override withStructuredOutput<Output extends Record<string, unknown>>(
    schema: OutputSchema<Output>,
    options?: StructuredOutputMethodOptions<true>,
  ): Runnable<BaseLanguageModelInput, { raw: BaseMessage; parsed: Output }>
  override withStructuredOutput(
    schema: OutputSchema,
    options: StructuredOutputMethodOptions<boolean> = {},
  ): Runnable<BaseLanguageModelInput> {
    return structuredOutput(this, schema, options)
  }

  override async _generate(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    runManager?: CallbackManagerForLLMRun,
  ): Promise<ChatResult> {
    const run = await this.#open(messages, options, runManager)
    // What is shown on the way is of no use here; the run keeps the whole.
    for await (const _ of run.read());
    return toChatResult(run.text, run.end)
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const run = await this.#open(messages, options, runManager)
    const maker = new ChunkMaker((options.outputVersion ?? this.outputVersion) === 'v1')
    for await (const piece of run.read()) yield* tell(maker.pieces(piece), runManager)
    yield* tell(maker.end(run.end, run.text.nextIndex), runManager)
  }

  /** Reads the answer as it comes; whoever stops reading cancels the run at once. */
  override _streamIterator(
    input: BaseLanguageModelInput,
    options?: Partial<ClawCallOptions>,
  ): AsyncGenerator<AIMessageChunk> {
    const left = new AbortController()
    const { signal } = options ?? {}
    const reading = super._streamIterator(input, {
      ...options,
      signal: signal === undefined ? left.signal : AbortSignal.any([signal, left.signal]),
    })
    const leave = reading.return.bind(reading)
    // A generator hears that nobody reads it any more only once its next piece is there.
    reading.return = (value) => {
      left.abort(new DOMException('nobody reads the answer any more', 'AbortError'))
      return leave(value)
    }
    return reading
  }

  protected override _separateRunnableConfigFromCallOptionsCompat(
    options?: Partial<ClawCallOptions>,
  ): [RunnableConfig, this['ParsedCallOptions']] {
    const [config, callOptions] = super._separateRunnableConfigFromCallOptionsCompat(options)
    // What is known here only: the rest of a call does not see the thread.
    const sessionKey = callOptions.sessionKey ?? this.sessionKey ?? threadOf(config)
    return [config, { ...callOptions, ...(sessionKey !== undefined && { sessionKey }) }]
  }

  async #open(
    messages: readonly BaseMessage[],
    options: this['ParsedCallOptions'],
    runManager: CallbackManagerForLLMRun | undefined,
  ): Promise<ChatRun> {
    const { agent, caller } = this
    const gateway = this.#gateway
    const merged = this.#merge(options)
    const request = await toRunRequest({ gateway, agent, claw: this.#claw }, messages, merged)
    const notify = async (name: string, event: ToldEvent): Promise<void> => {
      await runManager?.handleCustomEvent(name, event)
    }
    return new ChatRun({ gateway, request, caller, signal: merged.signal, notify })
  }

  #merge(options: Partial<ClawCallOptions> = {}): RequestOptions {
    const { sessionKey = this.sessionKey, model = this.model, timeoutMs = this.timeoutMs } = options
    return {
      ...options,
      ...(sessionKey !== undefined && { sessionKey }),
      ...(model !== undefined && { model }),
      ...(timeoutMs !== undefined && { timeoutMs }),
    }
  }
}

async function* tell(
  chunks: Iterable<ChatGenerationChunk>,
  runManager: CallbackManagerForLLMRun | undefined,
): AsyncGenerator<ChatGenerationChunk> {
  for (const chunk of chunks) {
    yield chunk
    await runManager?.handleLLMNewToken(chunk.text, undefined, undefined, undefined, undefined, { chunk })
  }
}

// A run is started again only where the gateway says that nothing came of the first attempt.
function stopUnlessRetryable(error: unknown): void {
  if (!(error instanceof GatewayError && error.retryable)) throw error
}
