import { GatewayError } from '@pincer/protocol'
import { describe, expect, it } from 'vitest'
import { createFakeGateway, describeGateway, recordedRun } from '../src/index.ts'

describeGateway('fake', ['events', 'guard', 'approvals'], async () => {
  const gateway = createFakeGateway({
    reject: (event) => (String(event.type) === 'run.exploded' ? 'invalid_event' : undefined),
  })
  const asked = new Map<string, string>()
  gateway.behaviour.guard = ({ name, toolCallId = '', actionId = '', inputHash = '', input }) => {
    if (name !== 'require_approval')
      return { decision: name as 'allow' | 'warn' | 'block', reason: 'as named' }
    const key = `${toolCallId} ${actionId} ${inputHash}`
    const approvalId = asked.get(key) ?? `approval-${asked.size}`
    if (!asked.has(key))
      gateway.openApproval({ approvalId, name, toolCallId, ...(input === undefined ? {} : { input }) })
    asked.set(key, approvalId)
    return { decision: 'require_approval', approvalId }
  }
  const guarded = { allow: 'allow', warn: 'warn', block: 'block', require_approval: 'require_approval' }
  return { gateway, guarded, close: async () => {} }
})

describe('fake gateway', () => {
  it('fails, is slow and rejects when told to', async () => {
    const gateway = createFakeGateway()
    const [event] = recordedRun({ runId: 'run-1' })
    if (event === undefined) throw new Error('no event')
    gateway.behaviour.fail = () => new GatewayError('down', { retryable: true })
    await expect(gateway.events.append([event])).rejects.toMatchObject({ retryable: true })
    gateway.behaviour.fail = undefined
    gateway.behaviour.slowMs = 1000
    await expect(gateway.events.append([event], { signal: AbortSignal.timeout(20) })).rejects.toThrow()
    gateway.behaviour.slowMs = undefined
    gateway.behaviour.reject = () => 'not_today'
    expect(await gateway.events.append([event])).toMatchObject([{ status: 'rejected', code: 'not_today' }])
    expect(gateway.kept).toEqual([])
    expect(gateway.batches).toHaveLength(3)
  })
})
