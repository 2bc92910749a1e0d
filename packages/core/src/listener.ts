/** Calls what the host gave to be told; what it throws, at once or later, goes to `onFault` and no further. */
export function callListener(call: () => unknown, onFault: (error: unknown) => void): void {
  try {
    const result = call()
    if (result instanceof Promise) result.catch(onFault)
  } catch (error) {
    onFault(error)
  }
}
