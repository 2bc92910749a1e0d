import type { CallWatch } from './call-watch.ts'
import type { ResponseProps, SdkPromise } from './parse-sdk.ts'
import type { Wrapping } from './wrapping.ts'

/**
 * Sends a request once more without the field that we added, where the service refuses it for that; loaded by the first
 * such request that fails.
 *
 * Nothing is billed twice: a request that is refused for a field it does not know was never given to a model.
 *
 * @throws the failure itself, where it is another one
 */
export function sendAgain(
  error: unknown,
  watch: CallWatch,
  wrapping: Wrapping,
  send: () => unknown,
): Promise<ResponseProps> {
  if (!refusesUsage(error)) throw error
  watch.hidesUsage = wrapping.injectsUsage = false
  // A method that was replaced may answer with anything.
  const { responsePromise }: Partial<SdkPromise> = Object(send())
  if (responsePromise === undefined) throw error
  return responsePromise
}

// The answer of a service that does not know `stream_options`.
function refusesUsage(error: unknown): boolean {
  const { status, message }: { status?: unknown; message?: unknown } = Object(error)
  return (status === 400 || status === 422) && String(message).includes('stream_options')
}
