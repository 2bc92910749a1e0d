/**
 * Looks again and again, every few milliseconds, until there is a value.
 *
 * @throws Error when there is still none after `timeoutMs` milliseconds.
 */
export async function eventually<Value>(
  look: () => Value | undefined | Promise<Value | undefined>,
  timeoutMs = 20_000,
): Promise<Value> {
  const end = performance.now() + timeoutMs
  for (;;) {
    const value = await look()
    if (value !== undefined && value !== false) return value
    if (performance.now() > end)
      throw new Error(`nothing within ${timeoutMs} ms: ${look.toString().slice(0, 200)}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
