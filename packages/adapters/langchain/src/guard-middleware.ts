import { AIMessage, ToolMessage } from '@langchain/core/messages'
import type { Claw } from '@pincer/core'
import { isRefusal, tellRefusal } from '@pincer/core/tools'
import { type AgentMiddleware, createMiddleware, type ToolCallHandler, type ToolCallRequest } from 'langchain'

import { GuardedCall, type WantedCall } from './guard-call.ts'
import { guardedCallsOf } from './guard-calls.ts'
import { isBubbleUp, isControlFlow } from './guard-control-flow.ts'
import { tellToolError } from './guard-error-text.ts'
import { checkMiddlewareOptions, type GuardMiddlewareOptions } from './guard-options.ts'
import { reviewCalls } from './guard-review.ts'
import { configurableOf, type GraphRuntime, langchainRunOf, threadOf } from './guard-runtime.ts'

type Answer = Awaited<ReturnType<ToolCallHandler>>
type CallRequest = ToolCallRequest['toolCall']

/**
 * Asks the gateway's guard before every tool call of an agent made by `createAgent`.
 *
 * A refusal is told to the model in words (or thrown, by `onRefused`); a person who has to be asked is waited for, or, with
 * `durable`, the graph is paused. In observe mode it only records. A tool that throws is told to the model as without this
 * middleware, but without stack traces and paths of this machine. Put it first, so that it stands around other middleware.
 *
 * @throws PincerError with code `invalid_option`
 * @example
 * const agent = createAgent({ model, tools, middleware: [guardMiddleware(claw, { tools: ['send_mail'] })] })
 */
export function guardMiddleware(claw: Claw, options: GuardMiddlewareOptions = {}): AgentMiddleware {
  checkMiddlewareOptions(claw, options)
  const { durable = false, onRefused = 'message', description } = options
  const kept = guardedCallsOf(claw)

  function find(
    call: CallRequest,
    runtime: GraphRuntime,
    messages: readonly unknown[],
  ): GuardedCall | undefined {
    const wanted = describeCall(call, runtime, messages)
    if (!isGuarded(claw, options, wanted)) return undefined
    return kept.take(wanted) ?? new GuardedCall(claw, options, wanted)
  }

  async function review(messages: readonly unknown[], runtime: GraphRuntime): Promise<void> {
    const calls = openCalls(messages).flatMap((call) =>
      kept.isExemptName(call.name) ? [] : (find(call, runtime, messages) ?? []),
    )
    try {
      await reviewCalls(claw, calls, runtime, description)
    } catch (error) {
      if (!isBubbleUp(error)) for (const call of calls) if (!call.isAnswered) call.fail(error, runtime.signal)
      throw error
    } finally {
      // The tools node comes back to them, or this node does, once it is resumed.
      for (const call of calls) kept.keep(call)
    }
  }

  async function wrap(request: ToolCallRequest, next: ToolCallHandler): Promise<Answer> {
    const { toolCall, runtime, state } = request
    const { signal } = runtime
    const call = kept.isExempt(request.tool) ? undefined : find(toolCall, runtime, messagesOf(state))
    if (call === undefined) return tellErrors(toolCall, signal, () => next(request))
    let allowed = request
    try {
      // What came up after the review is waited for: LangGraph gives one answer to all interrupts of parallel calls.
      const { input, edited } = await call.authorize({ signal })
      if (edited)
        allowed = { ...request, toolCall: { ...toolCall, args: Object(input) as CallRequest['args'] } }
    } catch (error) {
      call.fail(error, signal)
      if (onRefused === 'throw' || signal?.aborted === true || !isRefusal(error)) throw error
      return say(toolCall, tellRefusal(toolCall.name, error, toolCall.args))
    }
    return tellErrors(toolCall, signal, async () => {
      try {
        const key = toolCall.id ?? call.toolCall.toolCallId
        const run = async (): Promise<Answer> => next(allowed)
        const answer = await call.perform(key, () => kept.permit(key, allowed.toolCall.args, run))
        call.endWith(answer)
        return answer
      } catch (error) {
        // The graph comes back to the call once it is resumed, and must not ask again.
        if (isBubbleUp(error)) kept.keep(call)
        else call.fail(error, signal)
        throw error
      }
    })
  }

  return createMiddleware({
    name: 'PincerGuard',
    wrapToolCall: wrap as never,
    ...(durable && { afterModel: (state, runtime) => review(messagesOf(state), runtime) }),
  })
}

function describeCall(
  { id, name, args }: CallRequest,
  runtime: GraphRuntime,
  messages: readonly unknown[],
): WantedCall {
  return {
    toolCallId: id,
    name,
    input: args,
    threadId: threadOf(configurableOf(runtime)),
    // LangGraph gives an id to a message that has none.
    origin: messages.findLast((message) => AIMessage.isInstance(message))?.id,
    langchainRunId: langchainRunOf(),
  }
}

function isGuarded(claw: Claw, { tools }: GuardMiddlewareOptions, { name, input }: WantedCall): boolean {
  if (typeof tools !== 'function') return tools?.includes(name) ?? true
  try {
    return tools(name, input)
  } catch (error) {
    // What cannot be told to be harmless is asked about.
    claw.report(error, 'langchain')
    return true
  }
}

// What calls the hook may have a state of its own.
function messagesOf(state: unknown): readonly unknown[] {
  const messages: unknown = Reflect.get(Object(state), 'messages')
  return Array.isArray(messages) ? messages : []
}

/** The calls of the newest message that nothing has answered yet. */
function openCalls(messages: readonly unknown[]): readonly CallRequest[] {
  const last = messages.at(-1)
  return AIMessage.isInstance(last) ? (last.tool_calls ?? []) : []
}

// Installing any middleware for tool calls makes LangChain let a throwing tool break the agent: it is told to the model here, as without us.
async function tellErrors(
  call: CallRequest,
  signal: AbortSignal | undefined,
  work: () => Answer | Promise<Answer>,
): Promise<Answer> {
  try {
    return await work()
  } catch (error) {
    if (isControlFlow(error) || signal?.aborted === true) throw error
    return say(call, tellToolError(error, call.args))
  }
}

function say({ id = '', name }: CallRequest, content: string): ToolMessage {
  return new ToolMessage({ content, name, tool_call_id: id, status: 'error' })
}
