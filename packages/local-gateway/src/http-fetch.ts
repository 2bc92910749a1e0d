import type { Http } from './client/http.ts'

/** HTTP by `fetch`, for runtimes without Node's own client. */
export function openHttp(): Http {
  return {
    async send({ url, method, headers, body, signal }) {
      // A redirect is not followed: the token is for this gateway only.
      const init = { method, headers, signal, redirect: 'manual' as const }
      const response = await fetch(url, body === undefined ? init : { ...init, body })
      return {
        status: response.status,
        header: (name) => response.headers.get(name) ?? undefined,
        chunks: () => readBody(response.body),
      }
    },
    close() {},
  }
}

async function* readBody(
  body: ReadableStream<Uint8Array> | null,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = body?.getReader()
  try {
    for (;;) {
      const piece = await reader?.read()
      if (piece?.value === undefined) return
      yield piece.value
    }
  } finally {
    // Whoever stops reading early gives the connection up; one that failed already has nothing to give up.
    await reader?.cancel().catch(() => {})
  }
}
