import { readField } from './read-field.ts'
import { compileRedaction } from './redaction.ts'

interface ProcessLike {
  emitWarning?(message: string, name: string): void
}

const maxLength = 500

/** Warns through the runtime, where it can, that events do not reach the gateway. */
export function warnOfDelivery(error: unknown): void {
  // Redacted before it is cut, since half a secret is known to no pattern.
  const message = compileRedaction({}).redactText(String(readField(error, 'message') ?? error))
  const clean = message.slice(0, maxLength)
  warn(`events are not delivered: ${clean}; give createClient onError to hear of every fault`)
}

/** Warns through the runtime, where it can, of so many lost events. */
export function warnOfLosses(count: number): void {
  warn(`${count} events were lost; give createClient onDrop to hear of every loss`)
}

function warn(text: string): void {
  ;(globalThis as { process?: ProcessLike }).process?.emitWarning?.(text, 'PincerWarning')
}
