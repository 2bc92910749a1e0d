import { isAbort } from '@pincer/core'
import type { ApprovalRequest, ApprovalResolvedData } from '@pincer/protocol'

import type { RequestedCall } from './convert-model.ts'

/** One `interrupt()` of a graph. */
export interface Interrupt {
  readonly id: string
  readonly value: unknown
}

/** Tells what ends the work of a node without being a failure: an interrupt, or a command to the graph above. */
export function isBubbleUp(error: any): boolean {
  return error?.is_bubble_up === true
}

/** The command that a node sends to the graph above, or why it stopped. */
export function convertBubble(error: any): unknown {
  return error.command ?? error.reason ?? error.name
}

/** Tells an interrupt from everything else. */
export function isInterrupt(error: any): boolean {
  return isBubbleUp(error) && Array.isArray(error.interrupts)
}

/** The interrupts in an error; none in anything else. */
export function convertInterrupts(error: any): readonly Interrupt[] {
  if (!isInterrupt(error)) return []
  return error.interrupts.map(({ id, interrupt_id: formerId, value }: any) => ({
    id: String(id ?? formerId ?? crypto.randomUUID()),
    value,
  }))
}

/**
 * Converts an interrupt to the questions in it: one for each action that the human-in-the-loop middleware asks about, else one.
 *
 * @param about the tool, or else the node, that asks
 * @param calls what the model asked for last, to find the ids of the calls by their names
 */
export function convertQuestions(
  approvalId: string,
  { value }: { readonly value: any },
  about: { readonly name: string; readonly toolCallId?: string | undefined },
  calls: readonly RequestedCall[],
): ApprovalRequest[] {
  const actions = value?.actionRequests
  if (!Array.isArray(actions) || actions.length === 0)
    return [question(approvalId, about.name, about.toolCallId, value, value?.description)]
  const left = [...calls]
  return actions.map((action: any, index) => {
    const name = String(action?.name ?? about.name)
    const found = left.findIndex((call) => call.name === name)
    const [call] = found < 0 ? [] : left.splice(found, 1)
    const id = actions.length === 1 ? approvalId : `${approvalId}.${index + 1}`
    return question(id, name, about.toolCallId ?? call?.id, action?.args, action?.description)
  })
}

/** Converts what a graph is resumed with to the answer to one of the questions. */
export function convertAnswer(approvalId: string, value: any, index: number): ApprovalResolvedData {
  const decision = value?.decisions?.[index]
  if (decision === undefined)
    return {
      approvalId,
      status: value === false ? 'denied' : 'approved',
      ...(value !== undefined && { input: value }),
    }
  const { type, message, editedAction } = decision ?? {}
  return {
    approvalId,
    status: type === 'reject' ? 'denied' : 'approved',
    ...(typeof message === 'string' && { reason: message }),
    ...(editedAction?.args !== undefined && { input: editedAction.args }),
  }
}

/** What a graph is entered again with. */
export interface Resumed {
  /** The answer to one of its interrupts; `undefined` where there is none. */
  valueFor(interruptId: string): unknown
}

/** What a graph is entered again with; `undefined` where a graph starts anew. */
export function convertResume(inputs: any): Resumed | undefined {
  const isAgain = inputs === null || inputs?.input === null
  if (!isAgain && inputs?.lg_name !== 'Command') return undefined
  const resume = isAgain ? undefined : inputs.resume
  // As LangGraph tells answers by the ids of interrupts from one answer for all.
  const isById = Object(resume) === resume && Object.keys(resume).every((key) => /^[0-9a-f]{32}$/.test(key))
  return { valueFor: (interruptId) => (isById ? resume[interruptId] : resume) }
}

/** What is told of a graph that goes on after an interrupt in another run or process: its conversation links them. */
export function convertResumed(inputs: any, metadata: any): { readonly resumes: unknown } | undefined {
  const isResumed = inputs?.lg_name === 'Command' && inputs.resume !== undefined
  return isResumed && metadata?.thread_id !== undefined ? { resumes: metadata.thread_id } : undefined
}

/** How work was stopped from outside; `undefined` where it was not. */
export type Stop = 'aborted' | 'timed out' | undefined

/** How work was stopped from outside, where it was: LangChain has several words for it, and hides the signal's reason. */
export function convertStop(error: any, signal?: AbortSignal): Stop {
  const reason: any = signal?.aborted ? signal.reason : undefined
  const isTimeout = error?.name === 'TimeoutError' && error instanceof DOMException
  const isStopped =
    isTimeout ||
    isAbort(error) ||
    error?.name === 'ModelAbortError' ||
    error?.message === 'Abort' ||
    error?.message === 'Aborted' ||
    (signal?.aborted === true && (error === reason || error?.message === reason))
  if (!isStopped) return undefined
  return isTimeout || reason?.name === 'TimeoutError' ? 'timed out' : 'aborted'
}

function question(
  approvalId: string,
  name: string,
  toolCallId: string | undefined,
  input: any,
  reason: unknown,
): ApprovalRequest {
  return {
    approvalId,
    name,
    ...(toolCallId && { toolCallId }),
    ...(input !== undefined && { input }),
    ...(typeof reason === 'string' && { reason }),
  }
}
