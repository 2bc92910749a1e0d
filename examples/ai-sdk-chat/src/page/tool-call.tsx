import type { DynamicToolUIPart } from 'ai'
import { type ReactElement, useId } from 'react'

/** Takes what a person answers to a question of the gateway. */
export type OnAnswer = (answer: { id: string; approved: boolean; reason?: string }) => void

const states: Record<DynamicToolUIPart['state'], string> = {
  'input-streaming': 'begins',
  'input-available': 'at work',
  'approval-requested': 'asks for permission',
  'approval-responded': 'answered',
  'output-available': 'done',
  'output-error': 'failed',
  'output-denied': 'denied',
}

/** A tool call of the agent: its arguments, what became of it, and the question that it waits for, while it can be answered. */
export function ToolCall({
  call,
  onAnswer,
}: {
  call: DynamicToolUIPart
  onAnswer: OnAnswer | undefined
}): ReactElement {
  const heading = useId()
  const { state, toolName, input } = call
  const isLeft = state === 'approval-requested' && onAnswer === undefined
  return (
    <section className={`tool ${state}`} aria-labelledby={heading}>
      <h2 id={heading}>
        <code>{toolName}</code> <span>{isLeft ? 'not answered' : states[state]}</span>
      </h2>
      {input !== undefined && <pre aria-label="Arguments">{write(input)}</pre>}
      {state === 'approval-requested' && onAnswer !== undefined && (
        <div role="group" aria-label={`May ${toolName} go on?`}>
          {call.approval.requestReason !== undefined && <p>Reason: {call.approval.requestReason}</p>}
          <button type="button" onClick={() => onAnswer({ id: call.approval.id, approved: true })}>
            Approve
          </button>
          <button
            type="button"
            className="quiet"
            onClick={() => onAnswer({ id: call.approval.id, approved: false, reason: 'denied in the chat' })}
          >
            Deny
          </button>
        </div>
      )}
      {state === 'output-available' && <pre aria-label="Result">{write(call.output)}</pre>}
      {state === 'output-error' && <p role="alert">{call.errorText}</p>}
    </section>
  )
}

function write(value: unknown): string {
  return typeof value === 'string'
    ? value
    : JSON.stringify(value ?? null, undefined, 1).replaceAll(/\s+/g, ' ')
}
