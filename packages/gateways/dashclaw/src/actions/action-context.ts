import type { ActionUpdated, Outcome } from '../methods/action-results.ts'
import type { AssumptionDetails, AssumptionRegistered } from '../methods/integrity-results.ts'
import type { MessageInput, MessageSent } from '../methods/message-results.ts'
import type { CallOptions } from '../methods/method.ts'
import type { TableCalls } from '../methods/method-tables.ts'

/** Calls that belong to one action: its id is put into each of them. */
export interface ActionContext {
  /** Sends a message that belongs to the action. */
  sendMessage(message: MessageInput, options?: CallOptions): Promise<MessageSent>
  /** Registers what the action takes for true. */
  recordAssumption(
    assumption: AssumptionDetails & { readonly assumption: string },
    options?: CallOptions,
  ): Promise<AssumptionRegistered>
  /** Tells how the action went. */
  updateOutcome(outcome: Outcome, options?: CallOptions): Promise<ActionUpdated>
}

/** Makes the calls that belong to one action. */
export function createActionContext(
  claw: Pick<TableCalls, 'sendMessage' | 'recordAssumption' | 'updateOutcome'>,
  actionId: string,
): ActionContext {
  return {
    // Under both of its names, so that neither says another.
    sendMessage: (message, options) =>
      claw.sendMessage({ ...message, actionId, action_id: actionId }, options),
    recordAssumption: (assumption, options) =>
      claw.recordAssumption({ ...assumption, action_id: actionId }, options),
    updateOutcome: (outcome, options) => claw.updateOutcome(actionId, outcome, options),
  }
}
