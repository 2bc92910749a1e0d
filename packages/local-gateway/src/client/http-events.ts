import type { ClawEvent, EventSink } from '@pincer/protocol'
import type { Exchange } from './exchange.ts'
import { parseAnswer, verdictsFor } from './parse-answer.ts'
import { readServerEvents } from './server-events.ts'

const compressFrom = 64 * 1024

/** The events of a gateway behind HTTP, large batches compressed where that is worth it; appending never keeps the process alive. */
export function createHttpEvents(exchange: Exchange, compresses: boolean): Required<EventSink> {
  return {
    async append(events, options) {
      if (events.length === 0) return []
      const { body, encoding } = await encode(events, compresses)
      const text = await exchange.text({
        ...options,
        method: 'POST',
        path: 'v1/events',
        body,
        headers: { 'content-type': 'application/x-ndjson', ...encoding },
        background: true,
      })
      return parseAnswer(text, verdictsFor(events.map((event) => event.id)))
    },
    stream: ({ runId, afterId, signal } = {}) =>
      readServerEvents(exchange, {
        path: 'v1/events',
        query: { runId, afterId },
        ...(signal === undefined ? {} : { signal }),
      }),
  }
}

async function encode(
  events: readonly ClawEvent[],
  compresses: boolean,
): Promise<{ body: string | Uint8Array<ArrayBuffer>; encoding: Record<string, string> }> {
  const text = events.map((event) => JSON.stringify(event)).join('\n')
  if (!compresses || text.length < compressFrom) return { body: text, encoding: {} }
  const compressed = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))
  return {
    body: new Uint8Array(await new Response(compressed).arrayBuffer()),
    encoding: { 'content-encoding': 'gzip' },
  }
}
