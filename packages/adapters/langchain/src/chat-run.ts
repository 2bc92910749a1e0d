import type { AsyncCaller } from '@langchain/core/utils/async_caller'
import {
  type AgentRunRequest,
  type ClawEvent,
  type Gateway,
  type GatewayRun,
  isTerminalEvent,
  UnsupportedByGatewayError,
} from '@pincer/protocol'

import { ChatActivity, customEventOf } from './chat-activity.ts'
import { assertCompleted, type CompletedResult } from './chat-ending.ts'
import { type ChatEnd, toUsageMetadata } from './chat-message.ts'
import { ChatText, type Piece } from './chat-text.ts'

/** An event as those who listen to LangChain are told of it: without what the gateway itself sent. */
export type ToldEvent = Omit<ClawEvent, 'raw'>

/** What a run of the agent is asked with, and who is told of it. */
export interface ChatRunOptions {
  readonly gateway: Gateway
  readonly request: Omit<AgentRunRequest, 'signal'>
  readonly signal: AbortSignal | undefined
  /** Starts the run, again where the gateway says that it may. */
  readonly caller: AsyncCaller
  /** Tells of what happens besides words. */
  readonly notify: (name: string, event: ToldEvent) => Promise<void>
}

/** One run of an agent, read from its start to its end; leaving it early cancels the run. */
export class ChatRun {
  readonly text: ChatText = new ChatText()
  readonly #options: ChatRunOptions
  readonly #activity = new ChatActivity()
  #end: ChatEnd | undefined

  constructor(options: ChatRunOptions) {
    this.#options = options
  }

  /** What is known once everything was read. */
  get end(): ChatEnd {
    if (this.#end === undefined) throw new Error('the run was not read to its end')
    return this.#end
  }

  /**
   * Runs the agent and yields what it says and thinks; the rest is in `end` afterwards.
   *
   * @throws what `assertCompleted` throws, the signal's reason, or UnsupportedByGatewayError
   */
  async *read(): AsyncGenerator<Piece, void, undefined> {
    const { gateway, request, signal, caller, notify } = this.#options
    const { agents } = gateway
    if (agents === undefined) throw new UnsupportedByGatewayError(gateway.name, 'agents')
    signal?.throwIfAborted()
    const stop = new AbortController()
    const abort = (): void => stop.abort(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    let hasEnded = false
    try {
      const started = await caller.callWithOptions(signal === undefined ? {} : { signal }, () =>
        agents.run({ ...request, signal: stop.signal }),
      )
      for await (const event of started.events({ signal: stop.signal })) {
        if (event.runId !== undefined && event.runId !== started.runId) continue
        this.#activity.take(event)
        const name = customEventOf(event)
        if (name !== undefined) {
          const { raw: _, ...told } = event
          await notify(name, told)
        }
        const piece = this.#say(event)
        if (piece !== undefined) yield piece
        if (isTerminalEvent(event)) break
      }
      const result = await started.wait({ signal: stop.signal })
      hasEnded = true
      assertCompleted(result, request.agentId, this.#activity.refusal)
      // Not every gateway shows what it says while it says it.
      const rest = this.text.isSilent ? this.text.finish({ text: result.text ?? '' }) : undefined
      this.#end = this.#endOf(started, result)
      if (rest !== undefined) yield rest
    } catch (error) {
      // However the gateway put it, it was the caller who stopped it.
      signal?.throwIfAborted()
      throw error
    } finally {
      signal?.removeEventListener('abort', abort)
      if (!hasEnded) stop.abort(new DOMException('nobody reads the answer any more', 'AbortError'))
    }
  }

  #say(event: ClawEvent): Piece | undefined {
    switch (event.type) {
      case 'assistant.delta':
        return this.text.say(event.data)
      case 'assistant.message':
        return this.text.finish(event.data)
      case 'thinking.delta':
        return this.text.think(event.data)
      default:
        return undefined
    }
  }

  #endOf(started: GatewayRun, result: CompletedResult): ChatEnd {
    const { gateway, request } = this.#options
    const { toolCalls = [], stopReason = 'stop' } = result
    const sessionKey = request.sessionKey ?? result.sessionKey ?? started.sessionKey
    const usage = result.usage ?? this.#activity.usage
    const served = this.#activity.toolCalls
    return {
      toolCalls,
      usage: toUsageMetadata(usage),
      additional_kwargs: served.length === 0 ? {} : { claw_tool_calls: served },
      response_metadata: {
        model_name: usage?.model || request.model || request.agentId,
        model_provider: gateway.name,
        finish_reason: toolCalls.length > 0 ? 'tool_calls' : stopReason,
        run_id: started.runId,
        ...(sessionKey !== undefined && { session_key: sessionKey }),
        ...(usage?.costUsd !== undefined && { cost_usd: usage.costUsd }),
      },
    }
  }
}
