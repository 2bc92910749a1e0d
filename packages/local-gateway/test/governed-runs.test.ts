import type { Approval, ClawEvent } from '@pincer/protocol'
import { eventually } from '@pincer/testing'
import { afterEach, describe, expect, it } from 'vitest'
import type { Policy } from '../src/guard/policy.ts'
import type { LocalGatewayOptions } from '../src/options.ts'
import type { LocalService } from '../src/service.ts'
import type { RegisteredTool } from '../src/tools/registered-tool.ts'
import { type FakeModel, startFakeModel } from './fake-model.ts'
import { startCaller } from './gateway-caller.ts'

let closers: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closers.toReversed()) await close()
  closers = []
})

const deletions: unknown[] = []
const deleteFile: RegisteredTool = {
  name: 'files.delete',
  risk: 'high',
  inputSchema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
  execute: (input) => {
    deletions.push(input)
    return `deleted ${JSON.stringify(input['path'])}`
  },
}
const ask: Policy = {
  id: 'ask',
  match: { tool: 'files.*' },
  action: 'require_approval',
  reason: 'files are dear',
}

/** An agent whose model asks for these deletions, all at once, and then says what came of them. */
async function startDeleting(
  paths: readonly string[],
  options: LocalGatewayOptions,
): Promise<{ service: LocalService; model: FakeModel }> {
  deletions.length = 0
  const model = await startFakeModel((request) => {
    const answers = request.messages.filter((message) => message.role === 'tool')
    if (answers.length > 0) return { text: answers.map((message) => message.content).join('; ') }
    return {
      toolCalls: paths.map((path, index) => ({
        id: `c${index}`,
        name: 'files_delete',
        arguments: JSON.stringify({ path }),
      })),
    }
  })
  closers.push(() => model.close())
  const caller = await startCaller({
    model: { baseUrl: model.baseUrl, name: 'fake-1' },
    tools: [deleteFile],
    ...options,
  })
  closers.push(() => caller.close())
  return { service: caller.service, model }
}

async function pending(service: LocalService, count: number): Promise<readonly Approval[]> {
  return await eventually(async () => {
    const found = await service.approvals.list({ status: 'pending' })
    return found.length === count ? found : undefined
  })
}

async function storyOf(service: LocalService, runId: string): Promise<readonly ClawEvent[]> {
  const { items } = await service.runs.events(runId, { limit: 1000 })
  expect(items.map(({ seq }) => seq)).toEqual(items.map((_, index) => index + 1))
  return items
}

function typesFrom(events: readonly ClawEvent[], first: string): string[] {
  const types = events.map(({ type }) => type)
  return types.slice(types.indexOf(first as ClawEvent['type']))
}

const afterAnswer = [
  'model.call.started',
  'assistant.delta',
  'model.call.completed',
  'usage.reported',
  'assistant.message',
  'run.completed',
]

describe('an approval in the middle of a run', () => {
  it('pauses the run, and lets the tool act once it is given', async () => {
    const { service } = await startDeleting(['a'], { policies: [ask] })
    const run = await service.agents.run({ agentId: 'main', input: 'clean up' })
    const [approval] = await pending(service, 1)
    expect(approval).toMatchObject({
      runId: run.runId,
      toolCallId: 'c0',
      agentId: 'main',
      name: 'files.delete',
      risk: 'high',
      input: { path: 'a' },
    })
    expect((await service.runs.get(run.runId))?.status).toBe('paused')
    expect(deletions).toEqual([])
    await service.approvals.decide(approval?.approvalId ?? '', { decision: 'approve', decidedBy: 'ada' })
    expect(await run.wait()).toMatchObject({ status: 'completed', text: 'deleted "a"' })
    expect(deletions).toEqual([{ path: 'a' }])
    const events = await storyOf(service, run.runId)
    expect(typesFrom(events, 'tool.call.started')).toEqual([
      'tool.call.started',
      'guard.decided',
      'approval.requested',
      'approval.resolved',
      'tool.call.completed',
      ...afterAnswer,
    ])
    const tool = events.find(({ type }) => type === 'tool.call.started')
    for (const type of ['guard.decided', 'approval.requested', 'approval.resolved']) {
      expect(events.find((event) => event.type === type)).toMatchObject({
        actionId: tool?.actionId,
        sessionKey: run.sessionKey,
      })
    }
    // It was used up: the same call, asked about from outside, needs another one.
    const again = await service.guard.decide({
      kind: 'tool_call',
      name: 'files.delete',
      toolCallId: 'c0',
      runId: run.runId,
      agentId: 'main',
      input: { path: 'a' },
    })
    expect(again.decision).toBe('require_approval')
    expect(again.approvalId).not.toBe(approval?.approvalId)
  })

  it('that is denied tells the model why, and the run goes on', async () => {
    const { service } = await startDeleting(['a'], { policies: [ask] })
    const run = await service.agents.run({ agentId: 'main', input: 'clean up' })
    const [approval] = await pending(service, 1)
    await service.approvals.decide(approval?.approvalId ?? '', { decision: 'deny', reason: 'I need it' })
    expect(await run.wait()).toMatchObject({
      status: 'completed',
      text: expect.stringContaining('I need it'),
    })
    expect(deletions).toEqual([])
    const events = await storyOf(service, run.runId)
    expect(events.find(({ type }) => type === 'tool.call.failed')?.data).toMatchObject({
      outcome: 'denied',
      error: { code: 'approval_denied', message: expect.stringContaining('I need it') },
    })
  })

  it('may put other arguments in the place of the model’s', async () => {
    const { service } = await startDeleting(['a'], { policies: [ask] })
    const run = await service.agents.run({ agentId: 'main', input: 'clean up' })
    const [approval] = await pending(service, 1)
    await service.approvals.decide(approval?.approvalId ?? '', {
      decision: 'approve',
      input: { path: 'copy of a' },
    })
    expect((await run.wait()).text).toBe('deleted "copy of a"')
    expect(deletions).toEqual([{ path: 'copy of a' }])
    const events = await storyOf(service, run.runId)
    expect(events.find(({ type }) => type === 'approval.resolved')?.data).toMatchObject({
      input: { path: 'copy of a' },
    })
  })

  it('with arguments that do not fit is no way around the schema', async () => {
    const { service } = await startDeleting(['a'], { policies: [ask] })
    const run = await service.agents.run({ agentId: 'main', input: 'clean up' })
    const [approval] = await pending(service, 1)
    await service.approvals.decide(approval?.approvalId ?? '', { decision: 'approve', input: { path: 7 } })
    expect((await run.wait()).text).toContain('do not fit')
    expect(deletions).toEqual([])
  })

  it('that nobody gives expires, and the run goes on', async () => {
    const { service } = await startDeleting(['a'], {
      policies: [{ ...ask, approval: { expiresAfterMs: 50 } }],
    })
    const run = await service.agents.run({ agentId: 'main', input: 'clean up' })
    expect((await run.wait()).text).toContain('nobody approved it')
    expect(deletions).toEqual([])
    const events = await storyOf(service, run.runId)
    expect(typesFrom(events, 'approval.requested').slice(0, 3)).toEqual([
      'approval.requested',
      'approval.resolved',
      'tool.call.failed',
    ])
    expect(events.find(({ type }) => type === 'tool.call.failed')?.data).toMatchObject({
      outcome: 'timed_out',
    })
  })

  it('is cancelled with the run, and cannot be given any more', async () => {
    const { service } = await startDeleting(['a'], { policies: [ask] })
    const run = await service.agents.run({ agentId: 'main', input: 'clean up' })
    const [approval] = await pending(service, 1)
    await run.cancel('never mind')
    const approvalId = approval?.approvalId ?? ''
    await expect(service.approvals.decide(approvalId, { decision: 'approve' })).rejects.toMatchObject({
      gatewayCode: 'already_decided',
    })
    expect((await service.approvals.get(approvalId))?.status).toBe('cancelled')
    const events = await storyOf(service, run.runId)
    expect(typesFrom(events, 'approval.requested')).toEqual([
      'approval.requested',
      'approval.resolved',
      'tool.call.completed',
      'run.cancelled',
    ])
    expect(deletions).toEqual([])
    expect(service.approvals.waiterCount()).toBe(0)
  })

  it('that somebody else used up first is no permission', async () => {
    const { service } = await startDeleting(['a'], { policies: [ask] })
    const run = await service.agents.run({ agentId: 'main', input: 'clean up' })
    const [approval] = await pending(service, 1)
    const decided = service.approvals.decide(approval?.approvalId ?? '', { decision: 'approve' })
    // In the same moment, before the run goes on.
    const { decision } = service.guard.decideNow({
      kind: 'tool_call',
      name: 'files.delete',
      runId: run.runId,
      toolCallId: 'c0',
      agentId: 'main',
      input: { path: 'a' },
    })
    expect(decision).toMatchObject({ decision: 'allow', approvalId: approval?.approvalId })
    await decided
    expect((await run.wait()).text).toContain('was used for another action')
    expect(deletions).toEqual([])
  })

  it('does not stop the clock of the run', async () => {
    const { service } = await startDeleting(['a'], { policies: [ask] })
    const run = await service.agents.run({ agentId: 'main', input: 'clean up', timeoutMs: 200 })
    await pending(service, 1)
    expect((await run.wait()).status).toBe('timed_out')
    expect((await service.runs.get(run.runId))?.status).toBe('timed_out')
    await storyOf(service, run.runId)
  })

  it('is never mixed up with another, whatever the order of the answers', async () => {
    const { service } = await startDeleting(['a', 'b', 'a'], { policies: [ask] })
    const runs = [
      await service.agents.run({ agentId: 'main', input: 'clean up' }),
      await service.agents.run({ agentId: 'main', input: 'clean up' }),
    ]
    const found = await pending(service, 6)
    expect(new Set(found.map(({ approvalId }) => approvalId)).size).toBe(6)
    for (const { approvalId, toolCallId, runId } of found.toReversed()) {
      const isWanted = runId === runs[0]?.runId && toolCallId !== 'c0'
      await service.approvals.decide(
        approvalId,
        isWanted ? { decision: 'approve' } : { decision: 'deny', reason: 'no' },
      )
    }
    await Promise.all(runs.map((run) => run.wait()))
    expect(deletions).toHaveLength(2)
    const outcomes = await Promise.all(
      runs.map(async ({ runId }) => {
        const events = await storyOf(service, runId)
        return Object.fromEntries(
          events.flatMap(({ type, data }) =>
            type === 'tool.call.completed' || type === 'tool.call.failed'
              ? [[data.toolCallId, data.outcome]]
              : [],
          ),
        )
      }),
    )
    expect(outcomes).toEqual([
      { c0: 'denied', c1: 'ok', c2: 'ok' },
      { c0: 'denied', c1: 'denied', c2: 'denied' },
    ])
  })
})

describe('a policy', () => {
  it('blocks a tool, tells the model, and the run goes on', async () => {
    const { service, model } = await startDeleting(['a'], {
      policies: [{ id: 'no', match: { risk: 'high' }, action: 'block', reason: 'too dangerous' }],
    })
    const run = await service.agents.run({ agentId: 'main', input: 'clean up' })
    expect(await run.wait()).toMatchObject({
      status: 'completed',
      text: expect.stringContaining('too dangerous'),
    })
    expect(deletions).toEqual([])
    expect(model.requests).toHaveLength(2)
    const events = await storyOf(service, run.runId)
    expect(events.find(({ type }) => type === 'guard.decided')?.data).toMatchObject({
      decision: 'block',
      policyId: 'no',
      enforced: true,
    })
    expect(events.find(({ type }) => type === 'tool.call.failed')?.data).toMatchObject({
      outcome: 'blocked',
      error: { code: 'guard_blocked' },
    })
  })

  it('warns, and the tool acts', async () => {
    const { service } = await startDeleting(['a'], { policies: [{ ...ask, action: 'warn' }] })
    const run = await service.agents.run({ agentId: 'main', input: 'clean up' })
    expect((await run.wait()).text).toBe('deleted "a"')
    const events = await storyOf(service, run.runId)
    expect(events.find(({ type }) => type === 'guard.decided')?.data).toMatchObject({
      decision: 'warn',
      reason: 'files are dear',
    })
  })

  it('blocks a model call before anything is sent', async () => {
    const { service, model } = await startDeleting(['a'], {
      policies: [
        {
          id: 'no-model',
          match: { kind: 'model_call', tool: 'fake-*' },
          action: 'block',
          reason: 'no budget',
        },
      ],
    })
    const run = await service.agents.run({ agentId: 'main', input: 'clean up' })
    expect(await run.wait()).toMatchObject({
      status: 'failed',
      error: { message: expect.stringContaining('no budget') },
    })
    expect(model.requests).toEqual([])
    const events = await storyOf(service, run.runId)
    expect(events.map(({ type }) => type)).toEqual([
      'run.started',
      'model.call.started',
      'guard.decided',
      'model.call.failed',
      'run.failed',
    ])
    expect(events[3]?.data).toMatchObject({ outcome: 'blocked' })
  })

  it('limits how often a tool acts within one run', async () => {
    const { service } = await startDeleting(['a', 'b', 'c'], {
      policies: [
        {
          id: 'two',
          match: { tool: 'files.*' },
          action: 'block',
          limit: { count: 2, perMs: 60_000, scope: 'tool' },
        },
      ],
    })
    const run = await service.agents.run({ agentId: 'main', input: 'clean up' })
    await run.wait()
    expect(deletions).toHaveLength(2)
    const outcomes = (await storyOf(service, run.runId)).filter(({ type }) =>
      /^tool\.call\.(completed|failed)$/.test(type),
    )
    expect(outcomes.filter(({ type }) => type === 'tool.call.completed')).toHaveLength(2)
    expect(outcomes).toHaveLength(3)
  })
})
