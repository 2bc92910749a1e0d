import { isStepCount, streamText } from 'ai'
import type {
  JsonObject,
  JsonValue,
  SessionMessage,
  ToolCallRequest,
  ToolDescription,
} from '@pincer/protocol'
import type { LocalTool } from '../tools/tool-registry.ts'
import { parseOutput } from '../tools/parse-output.ts'
import type { AgentConfig } from './agent.ts'
import type { ThinkingLevel } from './agent-settings.ts'
import { createAgentTools } from './agent-tools.ts'
import { authorize, type RunGovernance } from './authorize.ts'
import { convertMessages } from './convert-messages.ts'
import type { ModelCallRecord } from './model-call.ts'
import type { OpenModel } from './models.ts'
import { recordModel } from './recorded-model.ts'
import { createStepMessages } from './step-messages.ts'
import { recordToolCall } from './tool-call.ts'
import { createToolNames } from './tool-names.ts'

/** What {@link runLoop} needs. */
export interface AgentLoopOptions {
  readonly agent: AgentConfig
  readonly model: OpenModel
  readonly tools: readonly LocalTool[]
  readonly clientTools: readonly ToolDescription[]
  /** How much the model is asked to think; its own setting where absent. */
  readonly thinking?: ThinkingLevel | undefined
  /** What was said before this run. */
  readonly history: readonly SessionMessage[]
  readonly input: readonly SessionMessage[]
  readonly governance: RunGovernance
  readonly now: () => number
  /** Takes the messages that a step added. */
  readonly keep: (messages: readonly SessionMessage[]) => void
}

/** What the loop came to. */
export interface LoopResult {
  readonly stopReason: string
  readonly text: string
  /** Calls of the caller's tools that the loop ended on. */
  readonly toolCalls: readonly ToolCallRequest[]
}

const defaultMaxSteps = 20

/**
 * Runs an agent by the loop of the AI SDK, and records what it does.
 *
 * @throws the model's error, or the signal's reason when the run is stopped; what was said until then is kept.
 */
export async function runLoop(options: AgentLoopOptions): Promise<LoopResult> {
  const { agent, tools, clientTools, history, input, governance, keep } = options
  const { recorder, signal } = governance
  const names = createToolNames([
    ...tools.map((tool) => tool.description.name),
    ...clientTools.map((tool) => tool.name),
  ])
  const step = createStepMessages(recorder.runId, options.now)
  const recorded = new Set<string>()
  let newInput: readonly SessionMessage[] = input
  let text = ''
  let stopReason = 'other'
  let failure: { readonly error: unknown } | undefined

  const stream = streamText({
    model: recordModel(options.model, {
      recorder,
      newInput: () => newInput.map(describeMessage),
      toolNames: [...tools.map((tool) => tool.description.name), ...clientTools.map((tool) => tool.name)],
      authorize: (call) => authorizeModelCall(governance, options.model.name, call),
      signal,
    }),
    messages: convertMessages([...history, ...input], names),
    // The caller owns the conversation, its system messages too.
    allowSystemInMessages: true,
    tools: createAgentTools({
      tools,
      clientTools,
      names,
      governance,
      onRecorded: (toolCallId) => recorded.add(toolCallId),
    }),
    stopWhen: isStepCount(agent.maxSteps ?? defaultMaxSteps),
    abortSignal: signal,
    // The record is ours; telemetry that the host registered for its own calls is not for these.
    telemetry: { isEnabled: false },
    onError: () => {},
    ...(agent.instructions === undefined ? {} : { instructions: agent.instructions }),
    ...(options.thinking === undefined ? {} : { reasoning: options.thinking }),
  }).stream

  try {
    for await (const part of stream) {
      signal.throwIfAborted()
      if (part.type === 'start-step') text = ''
      else if (part.type === 'text-delta') {
        text += part.text
        step.text(part.text)
      } else if (part.type === 'tool-call')
        step.call(part.toolCallId, names.fromModel(part.toolName), readInput(part.input))
      else if (part.type === 'tool-result') step.answer(part.toolCallId, parseOutput(part.output))
      else if (part.type === 'tool-error') {
        const message = part.error instanceof Error ? part.error.message : String(part.error)
        if (!recorded.has(part.toolCallId))
          recordRefusal(part.toolCallId, names.fromModel(part.toolName), part.input, message)
        step.answer(part.toolCallId, { error: message })
      } else if (part.type === 'error') failure = { error: part.error }
      else if (part.type === 'finish-step') {
        stopReason = convertStopReason(part.finishReason)
        const toolCalls = step.unanswered()
        newInput = step.take()
        keep(newInput)
        newInput = newInput.filter((message) => message.role === 'tool')
        if (toolCalls.length > 0) return { stopReason: 'tool_calls', text, toolCalls }
      }
    }
    signal.throwIfAborted()
    if (failure !== undefined) throw failure.error
    // The loop wanted to go on, and was at its last step.
    return { stopReason: stopReason === 'tool_calls' ? 'max_steps' : stopReason, text, toolCalls: [] }
  } catch (error) {
    signal.throwIfAborted()
    throw failure === undefined ? error : failure.error
  } finally {
    keep(step.take())
  }

  // The loop itself answers calls of unknown tools, and arguments that are no JSON.
  function recordRefusal(toolCallId: string, name: string, found: unknown, message: string): void {
    recordToolCall(recorder, { toolCallId, name, input: readInput(found) }).fail('error', {
      message,
      code: 'invalid_tool_call',
    })
  }
}

async function authorizeModelCall(
  governance: RunGovernance,
  model: string,
  call: ModelCallRecord,
): Promise<void> {
  const answer = await authorize(governance, { kind: 'model_call', name: model, actionId: call.actionId })
  if (answer.allowed) return
  const { outcome, code, message } = answer
  call.fail({ message, code }, outcome)
  throw new Error(message)
}

// Who said it and when stands in the event itself.
function describeMessage({ role, text, toolCalls, toolCallId, output }: SessionMessage): JsonObject {
  return {
    role,
    ...(text === undefined ? {} : { text }),
    ...(toolCalls === undefined ? {} : { toolCalls }),
    ...(toolCallId === undefined ? {} : { toolCallId }),
    ...(output === undefined ? {} : { output }),
  }
}

function readInput(input: unknown): JsonValue {
  try {
    return parseOutput(input)
  } catch {
    return null
  }
}

function convertStopReason(finishReason: string): string {
  return finishReason.replaceAll('-', '_')
}
