import { parseBody } from './record-fetch.ts'
import type { Replay } from './replay.ts'

/** A fetch that answers as it was recorded. */
export function replayFetch(replay: Replay): typeof fetch {
  const open = new Map<number, (response: Response) => void>()
  replay.listen(0, (frame) => {
    if (!('fetched' in frame)) return
    const { fetched, body, status, headers } = frame
    open.get(fetched)?.(new Response(body, { status, headers }))
    open.delete(fetched)
  })
  return async (input, init) => {
    const request = new Request(input, init)
    const { pathname, search } = new URL(request.url)
    const number = replay.fetch(request.method, `${pathname}${search}`, parseBody(await request.text()))
    return new Promise((resolve) => open.set(number, resolve))
  }
}
