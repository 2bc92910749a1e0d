import { within } from '../connection/within.ts'

/** The same items, which are waited for only once `opened` has resolved; where it rejects, the reader does. */
export function afterOpening<Item>(
  opened: Promise<void>,
  items: AsyncIterable<Item>,
  signal: AbortSignal | undefined,
): AsyncIterable<Item> {
  // Whoever reads is told; whoever does not wants to know nothing.
  opened.catch(() => undefined)
  return read(opened, items, signal)
}

async function* read<Item>(
  opened: Promise<void>,
  items: AsyncIterable<Item>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Item, void, undefined> {
  await within(opened, null, signal)
  yield* items
}
