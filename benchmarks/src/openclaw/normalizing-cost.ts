import { OpenClaw } from '@pincer/openclaw'

import { timeInRounds } from '../rounds.ts'
import type { Row } from '../table.ts'

type Listener = (event: { readonly event: string; readonly payload: unknown }) => void

const rounds = 21
const runsPerRound = 40
const eventsPerRun = 100

/** What normalizing adds to an event, without the socket that hides it: frames that are there already, handed to a listener. */
export async function measureNormalizing(): Promise<Row[]> {
  const plain = new FrameSource()
  let heard = 0
  plain.subscribe(() => {
    heard += 1
  })
  const unread = new FrameSource()
  const quiet = await open(unread)
  const read = new FrameSource()
  const busy = await open(read)
  let left = 0
  let done: (() => void) | undefined
  void (async () => {
    for await (const { type } of busy.events()) if (type === 'run.completed' && --left <= 0) done?.()
  })()
  // The reader has to be there before the first frame.
  await new Promise((resolve) => setTimeout(resolve, 50))
  const timings = await timeInRounds(
    {
      'a listener': () => plain.play(),
      'pincer, normalized, nobody reads': () => unread.play(),
      'pincer, normalized, one reader': async () => {
        left = runsPerRound
        const arrived = new Promise<void>((resolve) => {
          done = resolve
        })
        await read.play()
        await arrived
      },
    },
    rounds,
    runsPerRound * eventsPerRun,
    async () => {},
  )
  await Promise.all([quiet.close(), busy.close()])
  if (heard === 0) throw new Error('no frame was heard')
  return timings.map((timing, index) => ({
    what: 'OpenClaw: event, without a socket',
    variant: timing.name,
    value: `${timing.medianUs.toFixed(2)} µs`,
    added: index === 0 ? '' : `${timing.addedUs.toFixed(2)} µs`,
    ratio: '',
  }))
}

async function open(source: FrameSource): Promise<OpenClaw> {
  const oc = new OpenClaw({ transport: source })
  await oc.connect()
  return oc
}

/** A transport whose frames are made before they are counted. */
class FrameSource {
  readonly #listeners = new Set<Listener>()
  #plays = 0

  async request(): Promise<unknown> {
    return {}
  }

  async *events(): AsyncIterable<never> {}

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async play(): Promise<void> {
    this.#plays += 1
    for (let run = 0; run < runsPerRound; run++) {
      const runId = `run-${this.#plays}-${run}`
      for (let index = 0; index < eventsPerRun; index++) {
        const frame = { event: 'agent', payload: payloadOf(runId, index), seq: index + 1 }
        for (const listener of this.#listeners) listener(frame)
      }
      // As a socket does between its packets.
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

function payloadOf(runId: string, index: number): unknown {
  const last = index === eventsPerRun - 1
  const data =
    index === 0
      ? { phase: 'start', startedAt: 1_760_000_000_000 }
      : last
        ? { phase: 'end', startedAt: 1_760_000_000_000, endedAt: 1_760_000_001_000, stopReason: 'stop' }
        : { text: 'the text so far', delta: 'word ', itemId: `${runId}:1` }
  const stream = index === 0 || last ? 'lifecycle' : 'assistant'
  return { runId, sessionKey: 'agent:main:bench', agentId: 'main', stream, data, seq: index + 1, ts: 1 }
}
