import { dynamicTool, jsonSchema, type ToolSet } from 'ai'
import { type JsonObject, type JsonValue, PincerError, type ToolDescription } from '@pincer/protocol'
import { callTool } from '../tools/call-tool.ts'
import { parseOutput } from '../tools/parse-output.ts'
import type { LocalTool } from '../tools/tool-registry.ts'
import { authorize, type RunGovernance } from './authorize.ts'
import { type ToolCallRecord, recordToolCall } from './tool-call.ts'
import type { ToolNames } from './tool-names.ts'

/** What {@link createAgentTools} needs. */
export interface AgentToolsOptions {
  readonly tools: readonly LocalTool[]
  /** Tools of the caller: the loop ends where one is called. */
  readonly clientTools: readonly ToolDescription[]
  readonly names: ToolNames
  readonly governance: RunGovernance
  /** Notes a call that is in the record. */
  readonly onRecorded: (toolCallId: string) => void
}

/** Makes the tools of one run for the loop: each call is recorded, checked, guarded, and only then made. */
export function createAgentTools({
  tools,
  clientTools,
  names,
  governance,
  onRecorded,
}: AgentToolsOptions): ToolSet {
  const set: ToolSet = {}
  for (const tool of tools) {
    const { name, description, inputSchema } = tool.description
    set[names.toModel(name)] = dynamicTool({
      inputSchema: toSchema(inputSchema),
      ...(description === undefined ? {} : { description }),
      execute: async (input, { toolCallId }) => {
        onRecorded(toolCallId)
        return await runTool(tool, parseOutput(input), toolCallId, governance)
      },
    })
  }
  for (const { name, description, inputSchema } of clientTools) {
    set[names.toModel(name)] = {
      inputSchema: toSchema(inputSchema ?? { type: 'object' }),
      ...(description === undefined ? {} : { description }),
    }
  }
  return set
}

// What it throws is told to the model by its message; the loop goes on.
async function runTool(
  tool: LocalTool,
  input: JsonValue,
  toolCallId: string,
  governance: RunGovernance,
): Promise<JsonValue> {
  const { recorder, signal } = governance
  const { name, risk } = tool.description
  const call = recordToolCall(recorder, { toolCallId, name, input, risk })
  try {
    const checked = checkInput(tool, input, call)
    const answer = await authorize(governance, {
      kind: 'tool_call',
      name,
      toolCallId,
      actionId: call.actionId,
      input: checked,
      ...(risk === undefined ? {} : { risk }),
    })
    if (!answer.allowed) throw refuse(call, answer.outcome, answer.code, answer.message)
    const edited = answer.editedInput === undefined ? checked : checkInput(tool, answer.editedInput, call)
    const outcome = await callTool(tool, edited, { signal, toolCallId, runId: recorder.runId })
    if (outcome.status === 'ok') {
      call.complete(outcome.output)
      return outcome.output
    }
    call.fail('error', outcome.error)
    throw new Error(outcome.error.message)
  } catch (error) {
    // Closes what an unforeseen error left open; a run that was stopped closes its own calls, and says why.
    if (!signal.aborted)
      call.fail('error', { message: error instanceof Error ? error.message : String(error) })
    throw error
  }
}

function checkInput(tool: LocalTool, input: JsonValue, call: ToolCallRecord): JsonObject {
  const checked = tool.check(input)
  if (!checked.ok) throw refuse(call, 'error', 'invalid_input', checked.message)
  return checked.input
}

function refuse(
  call: ToolCallRecord,
  ...[outcome, code, message]: [Parameters<ToolCallRecord['fail']>[0], string, string]
): Error {
  call.fail(outcome, { message, code })
  return new PincerError('guard_blocked', message)
}

function toSchema(schema: JsonObject): ReturnType<typeof jsonSchema> {
  // The SDK's type is closed and mutable; what is a usable schema was checked where the tool was registered.
  return jsonSchema(structuredClone(schema) as Parameters<typeof jsonSchema>[0])
}
