import type { Fault } from '@pincer/testing'
import { startCaller } from './caller.ts'
import type { CaseOutcome, FaultCase, FaultSetting } from './fault-case.ts'
import { readRecord } from './record.ts'

const before = 100
const calls = 400
/** A broken gateway must not slow the host down: the demo model answers in well under a millisecond. */
const slowestCallMs = 10

/** How a case shows that its fault struck: events were sent again, or delivering took that many milliseconds. */
type Sign = 'retried' | number

/** Cases in which the way to the gateway breaks while calls are made, and heals again. */
export const brokenNetwork: readonly FaultCase[] = [
  broken('no fault', { kind: 'none' }, 0, 0),
  broken('down for 5 s', { kind: 'down' }, 5000),
  broken('refuses connections', { kind: 'refuse' }, 2000),
  broken('answers after 2 s', { kind: 'slow', ms: 2000 }, 4500, 2000),
  broken('never answers', { kind: 'hang' }, 2000),
  broken('answers 429, Retry-After', { kind: 'status', status: 429, retryAfter: '1' }, 2000),
  broken('answers 500', { kind: 'status', status: 500 }, 2000),
  broken('answers garbage', { kind: 'garbage' }, 2000),
  broken('cut within a batch', { kind: 'cut-request' }, 2000),
  broken('cut within the answer', { kind: 'cut-response' }, 2000),
  {
    name: 'killed and restarted',
    async run(setting) {
      return await callThrough(setting, 'retried', async (goOn) => {
        goOn()
        await setting.gateway.restart(500)
      })
    },
  },
]

function broken(name: string, fault: Fault, faultMs: number, sign: Sign = 'retried'): FaultCase {
  return {
    name,
    async run(setting) {
      const { proxy } = setting.gateway
      return await callThrough(setting, sign, async (goOn) => {
        await proxy.set(fault)
        goOn()
        await new Promise((resolve) => setTimeout(resolve, faultMs))
        await proxy.set({ kind: 'none' })
      })
    },
  }
}

async function callThrough(
  { gateway, name }: FaultSetting,
  sign: Sign,
  disturb: (goOn: () => void) => Promise<void>,
): Promise<CaseOutcome> {
  const caller = startCaller({ name, url: gateway.proxy.url, calls, hold: before, end: 'close' })
  await caller.reach('held')
  const disturbing = disturb(() => caller.go())
  const { callMs } = await caller.reach('made')
  const madeAt = performance.now()
  await disturbing
  const done = await caller.reach('done')
  const struck = sign === 'retried' ? done.retried > 0 : performance.now() - madeAt >= sign
  const fault = await caller.fault()
  const { complete, twice } = readRecord(gateway.databasePath, name)
  const msPerCall = callMs / (calls - before)
  return {
    calls,
    arrived: complete,
    twice,
    msPerCall,
    misses: [
      ...(fault === undefined ? [] : [fault]),
      ...(struck ? [] : ['the fault did not strike: the case shows nothing']),
      ...(complete === calls ? [] : [`${calls - complete} calls are missing`]),
      ...(twice === 0 ? [] : [`${twice} calls are there twice`]),
      ...(done.dropped + done.rejected + done.queued === 0
        ? []
        : [`the client lost some: ${JSON.stringify(done)}`]),
      ...(msPerCall < slowestCallMs ? [] : [`a call took ${msPerCall.toFixed(1)} ms`]),
    ],
  }
}
