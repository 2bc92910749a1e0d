import { startCaller } from './caller.ts'
import type { CaseOutcome, FaultCase, FaultSetting } from './fault-case.ts'
import { readRecord } from './record.ts'

const calls = 2000
/** How many events a call makes: it starts and ends a run and a model call, and reports usage. */
const eventsPerCall = 5
/** A normal exit may take two seconds to deliver, and a process some time to go. */
const longestExitMs = 4500

/** Cases in which the process that made the calls is gone right after them. */
export const killedProcess: readonly FaultCase[] = [
  {
    name: 'SIGKILL, gateway up, durable',
    run: async (setting) => await killAndStartNext(setting),
  },
  {
    name: 'SIGKILL, gateway down, durable',
    async run(setting) {
      await setting.gateway.proxy.set({ kind: 'down' })
      return await killAndStartNext(setting)
    },
  },
  {
    name: 'SIGKILL, gateway down, memory',
    async run({ gateway, name }) {
      const caller = startCaller({ name, url: gateway.proxy.url, calls, hold: calls / 2, end: 'kill' })
      await caller.reach('held')
      await gateway.proxy.set({ kind: 'down' })
      caller.go()
      const made = await caller.reach('made')
      const fault = await caller.fault()
      return countLoss({ gateway, name }, made.callMs / (calls / 2), made.queued + made.dropped, fault)
    },
  },
  {
    name: 'normal exit, gateway up, memory',
    async run({ gateway, name }) {
      const caller = startCaller({ name, url: gateway.proxy.url, calls: calls / 4, end: 'exit' })
      const done = await caller.reach('done')
      const fault = await caller.fault()
      const { complete, twice } = readRecord(gateway.databasePath, name)
      const misses = complete === calls / 4 ? [] : [`${calls / 4 - complete} calls are missing`]
      const told = { calls: calls / 4, arrived: complete, twice, msPerCall: done.callMs / (calls / 4) }
      return { ...told, misses: [...misses, ...(fault === undefined ? [] : [fault])] }
    },
  },
  {
    name: 'normal exit, gateway down, memory',
    async run({ gateway, name }) {
      await gateway.proxy.set({ kind: 'down' })
      const caller = startCaller({ name, url: gateway.proxy.url, calls, end: 'exit' })
      const { callMs } = await caller.reach('made')
      const madeAt = performance.now()
      const done = await caller.reach('done')
      const fault = await caller.fault()
      const exitMs = performance.now() - madeAt
      const late = exitMs > longestExitMs ? `the exit took ${exitMs.toFixed(0)} ms` : undefined
      return countLoss({ gateway, name }, callMs / calls, done.queued + done.dropped, fault ?? late)
    },
  },
]

async function killAndStartNext({ gateway, name, outboxPath }: FaultSetting): Promise<CaseOutcome> {
  const plan = { name, url: gateway.proxy.url, outboxPath }
  const caller = startCaller({ ...plan, calls, end: 'kill' })
  const { callMs } = await caller.reach('made')
  const fault = await caller.fault()
  const before = readRecord(gateway.databasePath, name)
  await gateway.proxy.set({ kind: 'none' })
  const next = startCaller({ ...plan, calls: 0, end: 'close' })
  const done = await next.reach('done')
  const nextFault = await next.fault()
  const { complete, twice } = readRecord(gateway.databasePath, name)
  return {
    calls,
    arrived: complete,
    twice,
    msPerCall: callMs / calls,
    misses: [
      ...[fault, nextFault].filter((found) => found !== undefined),
      ...(before.complete < calls ? [] : ['everything had arrived before the kill: the case shows nothing']),
      ...(complete === calls ? [] : [`${calls - complete} calls are missing`]),
      ...(twice === 0 ? [] : [`${twice} calls are there twice`]),
      ...(done.queued + done.dropped + done.rejected === 0 ? [] : [`left behind: ${JSON.stringify(done)}`]),
    ],
  }
}

function countLoss(
  { gateway, name }: Pick<FaultSetting, 'gateway' | 'name'>,
  msPerCall: number,
  counted: number,
  fault: string | undefined,
): CaseOutcome {
  const { complete, twice, events } = readRecord(gateway.databasePath, name)
  const lost = calls * eventsPerCall - events
  return {
    calls,
    arrived: complete,
    twice,
    lost,
    counted,
    msPerCall,
    misses: [
      ...(fault === undefined ? [] : [fault]),
      ...(lost > 0 ? [] : ['nothing was lost: the case shows nothing']),
      ...(lost === counted ? [] : [`${lost} events are lost, and the client counted ${counted}`]),
      ...(twice === 0 ? [] : [`${twice} calls are there twice`]),
    ],
  }
}
