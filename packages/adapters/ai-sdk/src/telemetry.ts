import type { Claw } from '@pincer/core'
import type { Telemetry } from 'ai'

import {
  convertEmbedEnd,
  convertEmbedStart,
  convertModelStart,
  convertObjectEnd,
  convertOutcome,
} from './convert-model-call.ts'
import type { Operation } from './telemetry-operation.ts'
import { checkTelemetryOptions, type PincerTelemetryOptions } from './telemetry-options.ts'
import { startOperation } from './telemetry-start.ts'
import { operationTableOf } from './telemetry-table.ts'

/**
 * Reports every `generateText`, `streamText`, agent, embedding and ranking of the AI SDK that it is given to.
 *
 * It needs nothing of the AI SDK at run time. Its hooks only record, so the AI SDK may wait for them; on serverless
 * hosts `await claw.flush()` delivers before the host stops the process.
 *
 * @throws PincerError with code `invalid_option` for what is no claw, or no option
 * @example
 * registerTelemetry(pincerTelemetry(claw))
 * @example
 * await generateText({ model, prompt, telemetry: { functionId: 'support', integrations: [pincerTelemetry(claw)] } })
 */
export function pincerTelemetry(claw: Claw, options: PincerTelemetryOptions = {}): Telemetry {
  checkTelemetryOptions(claw, options)
  const table = operationTableOf(claw)

  // What is done for the record must never throw into the host.
  function safely<Result>(work: () => Result): Result | undefined {
    try {
      return work()
    } catch (error) {
      claw.report(error, 'ai-sdk')
      return undefined
    }
  }

  // Whoever tells of the same end again, as another integration of the same client does, finds nothing.
  function take(callId: string): Operation | undefined {
    const operation = table.get(callId)
    if (operation !== undefined) table.remove(operation)
    return operation
  }

  function tell(event: { readonly callId: string }, work: (operation: Operation) => void): void {
    safely(() => {
      const operation = table.get(event.callId)
      if (operation !== undefined) work(operation)
    })
  }

  return {
    onStart(event) {
      safely(() => startOperation(claw, options, event))
    },
    onLanguageModelCallStart(event) {
      tell(event, (operation) => operation.startAttempt(event))
    },
    executeLanguageModelCall({ execute, ...event }) {
      const attempt = safely(() => table.get(event.callId)?.attemptFor(event))
      return attempt === undefined ? execute() : attempt.make(execute)
    },
    onLanguageModelCallEnd(event) {
      tell(event, (operation) => operation.endAttempt(event))
    },
    onToolExecutionStart(event) {
      safely(() => table.get(event.callId, event.toolCall.toolCallId)?.tools.start(event.toolCall))
    },
    executeTool({ callId, toolCallId, execute }) {
      const call = safely(() => table.get(callId)?.tools.get(toolCallId))
      return call === undefined ? execute() : call.within(execute)
    },
    onToolExecutionEnd(event) {
      tell(event, (operation) => operation.tools.end(event.toolOutput))
    },
    onStepEnd(event) {
      tell(event, (operation) => operation.endStep(event))
    },
    onObjectStepStart(event) {
      tell(event, (operation) => {
        const { isStream, recorded } = operation
        operation.startModelCall('object', convertModelStart(event, isStream, recorded.inputs))
      })
    },
    onObjectStepEnd(event) {
      tell(event, (operation) => {
        const result = convertObjectEnd(event, operation.recorded)
        operation.takeModelCall('object')?.end({ ...result, outcome: convertOutcome(event.finishReason) })
      })
    },
    onEmbedStart(event) {
      tell(event, (operation) =>
        operation.startModelCall(event.embedCallId, convertEmbedStart(event, operation.recorded.inputs)),
      )
    },
    onEmbedEnd(event) {
      tell(event, (operation) =>
        operation.takeModelCall(event.embedCallId)?.end(convertEmbedEnd(event, operation.recorded.outputs)),
      )
    },
    onRerankStart(event) {
      tell(event, (operation) => operation.startRetrieval(event.modelId, event.query, event.documents))
    },
    onRerankEnd(event) {
      tell(event, (operation) => operation.endRetrieval(event))
    },
    onEnd(event) {
      safely(() => {
        const paused = take(event.callId)?.end(event)
        if (paused !== undefined) table.pause(paused)
      })
    },
    onAbort(event) {
      safely(() => take(event.callId)?.abort(event.reason))
    },
    onError(event) {
      safely(() => {
        // The AI SDK types it as anything.
        const { callId, error } = event as { readonly callId: string; readonly error: unknown }
        take(callId)?.fail(error)
      })
    },
  }
}
