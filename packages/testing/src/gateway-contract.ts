import type { Gateway } from '@pincer/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  contractAgents,
  contractModels,
  contractSessions,
  contractTools,
} from './gateway-contract/contract-agents.ts'
import { contractEmbeddings } from './gateway-contract/contract-embeddings.ts'
import { contractEvents, contractRuns, contractStream } from './gateway-contract/contract-events.ts'
import { contractApprovals, contractGuard } from './gateway-contract/contract-guard.ts'
import { partOf } from './gateway-contract/part-of.ts'
import type { GatewayPart, GatewaySubject, OpenSubject } from './gateway-contract/subject.ts'

type Contract = (subject: () => GatewaySubject, parts: readonly GatewayPart[]) => void

const contracts: Readonly<Partial<Record<GatewayPart, Contract>>> = {
  events: contractEvents,
  stream: contractStream,
  runs: contractRuns,
  guard: contractGuard,
  approvals: contractApprovals,
  agents: contractAgents,
  sessions: contractSessions,
  tools: contractTools,
  models: contractModels,
  embeddings: contractEmbeddings,
}
const everyPart: readonly GatewayPart[] = [
  'events',
  'stream',
  'runs',
  'guard',
  'approvals',
  'agents',
  'sessions',
  'tools',
  'models',
  'embeddings',
  'artifacts',
]

/**
 * Runs the suite that every gateway passes, for the parts it offers; the others must be absent.
 *
 * @example
 * describeGateway('local, in process', ['events', 'runs'], async () => ({ gateway: localGateway(), close: async () => {} }))
 */
export function describeGateway(name: string, parts: readonly GatewayPart[], open: OpenSubject): void {
  describe(`gateway contract: ${name}`, () => {
    let opened: GatewaySubject | undefined
    const subject = (): GatewaySubject => {
      if (opened === undefined) throw new Error('the gateway is not open')
      return opened
    }
    beforeEach(async () => {
      opened = await open()
    })
    afterEach(async () => {
      await opened?.gateway.close()
      await opened?.close()
    })

    it('has a name, the parts it declares and no others', () => {
      const { gateway } = subject()
      expect(gateway.name).not.toBe('')
      expect(everyPart.filter((part) => offers(gateway, part))).toEqual(
        everyPart.filter((part) => parts.includes(part)),
      )
    })

    it('can be closed twice, and refuses work after that', async () => {
      const { gateway } = subject()
      await gateway.close()
      await gateway.close()
      for (const call of firstCalls(gateway)) await expect(call()).rejects.toThrow()
    })

    for (const part of everyPart) {
      const contract = contracts[part]
      if (contract !== undefined && parts.includes(part)) describe(part, () => contract(subject, parts))
    }
  })
}

function offers(gateway: Gateway, part: GatewayPart): boolean {
  return part === 'stream' ? gateway.events?.stream !== undefined : gateway[part] !== undefined
}

function firstCalls(gateway: Gateway): readonly (() => Promise<unknown>)[] {
  const calls = [
    gateway.events === undefined ? undefined : () => partOf(gateway.events).append([closingEvent]),
    gateway.runs === undefined ? undefined : () => partOf(gateway.runs).list(),
    gateway.approvals === undefined ? undefined : () => partOf(gateway.approvals).list(),
    gateway.agents === undefined ? undefined : () => partOf(gateway.agents).list(),
  ]
  return calls.filter((call) => call !== undefined)
}

const closingEvent = {
  version: 1,
  id: 'after-close',
  ts: 1_760_000_000_000,
  type: 'raw',
  data: { name: 'late' },
} as const
