import type { Claw } from '@pincer/core'

import { type ApprovalAnswer, convertAnswers } from './convert-approval.ts'
import { convertWholeStart } from './convert-model-call.ts'
import { convertKind, convertOperationName, convertRun, convertSession, textOf } from './convert-operation.ts'
import { Operation } from './telemetry-operation.ts'
import type { OperationStart, PincerTelemetryOptions } from './telemetry-options.ts'
import { OperationTools } from './telemetry-tools.ts'
import { type OperationTable, operationTableOf, type PausedRun } from './telemetry-table.ts'
import { toolCallsOf } from './tool-calls.ts'

/** What the AI SDK tells of the start of any operation, as far as all have it. */
interface Started extends OperationStart {
  readonly callId: string
  readonly messages?: unknown
  readonly recordInputs?: boolean | undefined
  readonly recordOutputs?: boolean | undefined
}

/** Starts to record an operation: in a new run, or in the one that waits for the answers which the operation brings. */
export function startOperation(claw: Claw, options: PincerTelemetryOptions, start: Started): void {
  const table = operationTableOf(claw)
  const { callId, messages, recordInputs } = start
  if (table.has(callId)) return
  const kind = convertKind(convertOperationName(start))
  const { answered, passedOver } = convertAnswers(messages)
  for (const approvalId of passedOver) table.drop(approvalId, 'the conversation went on without an answer')
  const isHidden = recordInputs === false && kind === 'text'
  // Where the messages are hidden, what happens next tells whether something that waited goes on.
  if (isHidden)
    table.hold(callId, (toolCallId) => begin(claw, options, start, table.takeByCall(toolCallId), []))
  else begin(claw, options, start, takePaused(table, answered), answered)
}

function begin(
  claw: Claw,
  options: PincerTelemetryOptions,
  start: Started,
  paused: PausedRun | undefined,
  answers: readonly ApprovalAnswer[],
): void {
  const table = operationTableOf(claw)
  const { callId, messages, recordInputs, recordOutputs } = start
  const recorded = {
    inputs: options.recordInputs !== false && recordInputs !== false,
    outputs: options.recordOutputs !== false && recordOutputs !== false,
    hidesMessages: recordInputs === false,
    hidesErrors: recordInputs === false || recordOutputs === false,
  }
  const name = convertOperationName(start)
  const kind = convertKind(name)
  const about = answers.length > 0 ? { resumes: answers.map(({ approvalId }) => approvalId) } : undefined
  const session = convertSession(start, options.sessionKey, chosenSession(claw, options, start))
  const run = paused?.run ?? claw.startRun(convertRun(start, options, session, recorded.inputs, about))
  const tools = new OperationTools(run, toolCallsOf(claw), recorded, paused?.pending ?? new Map())
  const operation = new Operation({
    callId,
    claw,
    table,
    kind,
    isStream: name.startsWith('stream'),
    recorded,
    run,
    tools,
    counted: paused?.counted ?? new Set(),
  })
  table.add(operation)
  // What waited is executed, or asked about again, before any model is called.
  if (answers.length > 0) tools.place(messages)
  for (const answer of answers) tools.answer(answer)
  if (kind === 'whole') operation.startModelCall(kind, convertWholeStart(start, name, recorded.inputs))
}

function takePaused(table: OperationTable, answers: readonly ApprovalAnswer[]): PausedRun | undefined {
  for (const { approvalId } of answers) {
    const paused = table.take(approvalId)
    if (paused !== undefined) return paused
  }
  return undefined
}

// A run is recorded, whatever the host's own function makes of it.
function chosenSession(
  claw: Claw,
  { sessionKey }: PincerTelemetryOptions,
  start: OperationStart,
): string | undefined {
  if (typeof sessionKey !== 'function') return undefined
  try {
    return textOf(sessionKey(start))
  } catch (error) {
    claw.report(error, 'ai-sdk')
    return undefined
  }
}
