/** What a promise rejects with; fails the test where it does not. */
export async function collectFailure(promise: Promise<unknown>): Promise<unknown> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  if ('error' in outcome) return outcome.error
  throw new Error(`expected a rejection, found ${JSON.stringify(outcome.value)}`)
}
