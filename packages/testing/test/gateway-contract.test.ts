import { emptyUsage, GatewayError } from '@pincer/protocol'
import { describe, expect, it } from 'vitest'
import {
  type AgentSubject,
  collectEvents,
  createFakeGateway,
  describeGateway,
  type FakeAgent,
  fakeAgentId,
  recordedRun,
} from '../src/index.ts'

const agent: AgentSubject = {
  agentId: fakeAgentId,
  plain: { input: 'hello', answer: 'hello' },
  slow: 'slow',
  clientTool: 'call lookup',
  failing: 'fail',
  otherModel: { model: 'other', answeredBy: 'other' },
}

const answer: FakeAgent = async ({ input, model = 'own' }, tell) => {
  if (input === agent.slow) await new Promise(() => {})
  if (input === agent.failing) throw new Error('broken on purpose')
  if (input === agent.clientTool) {
    const toolCalls = [{ toolCallId: 'call-1', name: 'lookup', input: { word: 'crab' } }]
    return { stopReason: 'tool_calls', toolCalls }
  }
  const text = typeof input === 'string' ? input : JSON.stringify(input[0]?.output)
  const usage = { ...emptyUsage, model, inputTokens: 1, outputTokens: 1, totalTokens: 2 }
  tell('usage.reported', usage, 'call-1')
  tell('assistant.message', { text, itemId: 'said' })
  return { text, usage, stopReason: 'stop' }
}

describeGateway('fake', ['events', 'guard', 'approvals', 'agents', 'embeddings'], async () => {
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
  gateway.behaviour.agent = answer
  return { gateway, guarded, agent, close: async () => {} }
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

  it('has an agent that says the input again, and whose runs fail to start when told to', async () => {
    const gateway = createFakeGateway()
    const run = await gateway.agents.run({ agentId: fakeAgentId, input: 'a crab', label: 'Walk' })
    expect(await run.wait()).toMatchObject({ status: 'completed', text: 'a crab', stopReason: 'stop' })
    const events = await collectEvents(run.events())
    expect(events.map(({ type }) => type)).toEqual(['run.started', 'assistant.message', 'run.completed'])
    expect(events[0]).toMatchObject({ agentId: fakeAgentId, seq: 1, data: { name: 'Walk' } })
    gateway.behaviour.fail = () => new GatewayError('down', { retryable: true })
    const calls = [gateway.agents.run({ agentId: fakeAgentId, input: 'x' }), gateway.agents.get(run.runId)]
    for (const call of calls) await expect(call).rejects.toMatchObject({ retryable: true })
    await expect(gateway.embeddings.embed({ values: ['x'] })).rejects.toMatchObject({ retryable: true })
  })
})
