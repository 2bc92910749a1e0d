import {
  type AgentRunSetting,
  type ClawEvent,
  type Gateway,
  GatewayError,
  isTerminalEvent,
  type ToolDescription,
} from '@pincer/protocol'
import { expect, it } from 'vitest'
import { collectEvents } from '../collect-events.ts'
import { eventually } from '../eventually.ts'
import { contractAgain } from './contract-again.ts'
import { partOf } from './part-of.ts'
import type { AgentSubject, GatewayPart, GatewaySubject } from './subject.ts'

const everySetting: readonly AgentRunSetting[] = [
  'model',
  'tools',
  'timeoutMs',
  'parentRunId',
  'thinking',
  'label',
]

const lookup: ToolDescription = {
  name: 'lookup',
  description: 'Looks a word up',
  inputSchema: { type: 'object', properties: { word: { type: 'string' } }, required: ['word'] },
}

/** What every gateway that runs agents holds to. */
export function contractAgents(subject: () => GatewaySubject, parts: readonly GatewayPart[]): void {
  const agents = (): NonNullable<Gateway['agents']> => partOf(subject().gateway.agents)
  const agent = (): AgentSubject => partOf(subject().agent)

  it('lists its agents', async () => {
    const listed = await agents().list()
    expect(listed.map((found) => found.agentId)).toContain(agent().agentId)
  })

  it('follows the settings that it says it takes', async () => {
    const { takes } = agents()
    expect(new Set(takes).size).toBe(takes.length)
    expect(everySetting).toEqual(expect.arrayContaining([...takes]))
    const { agentId, plain, otherModel } = agent()
    const run = await agents().run({
      agentId,
      input: plain.input,
      label: 'A walk on the shore',
      ...(otherModel === undefined || !takes.includes('model') ? {} : { model: otherModel.model }),
    })
    const result = await run.wait()
    expect(result.status).toBe('completed')
    if (takes.includes('model')) expect(result.usage?.model).toBe(partOf(otherModel).answeredBy)
    if (!takes.includes('label') || !parts.includes('runs')) return
    expect((await partOf(subject().gateway.runs).get(run.runId))?.name).toBe('A walk on the shore')
  })

  it('runs one, tells its events from the start to the end, and the outcome', async () => {
    const { agentId, plain } = agent()
    const run = await agents().run({ agentId, input: plain.input })
    const events = await collectEvents(run.events(), { timeoutMs: 15_000 })
    const own = events.filter((event) => event.runId === run.runId)
    const seqs = own.flatMap((event) => event.seq ?? [])
    expect(seqs).toEqual(seqs.map((_, at) => at + 1))
    expect(own.filter(isTerminalEvent)).toHaveLength(1)
    expect(own.at(-1)?.type).toBe('run.completed')
    expect(own.map((event) => event.type)).toEqual(
      expect.arrayContaining(['run.started', 'assistant.message']),
    )
    const result = await run.wait()
    expect(result).toMatchObject({ runId: run.runId, status: 'completed' })
    expect(result.text).toContain(plain.answer)
    expect(result.usage?.outputTokens).toBeGreaterThan(0)
    // Whoever comes late reads the same.
    const again: ClawEvent[] = await collectEvents(run.events())
    expect(again.map((event) => event.id)).toEqual(events.map((event) => event.id))
  })

  if (parts.includes('runs')) {
    it('stands in the record of runs', async () => {
      const { agentId, plain } = agent()
      const run = await agents().run({ agentId, input: plain.input })
      await run.wait()
      expect(await partOf(subject().gateway.runs).get(run.runId)).toMatchObject({
        status: 'completed',
        agentId,
      })
    })
  }

  it('answers accepted while it runs, and cancels', async () => {
    const { agentId, slow } = agent()
    const run = await agents().run({ agentId, input: slow })
    expect((await run.wait({ timeoutMs: 50 })).status).toBe('accepted')
    await run.cancel('not needed')
    expect((await run.wait({ timeoutMs: 10_000 })).status).toBe('cancelled')
    const events = await collectEvents(run.events())
    expect(events.at(-1)).toMatchObject({ type: 'run.cancelled' })
    await run.cancel('twice')
  })

  it('cancels when the signal of the run is aborted', async () => {
    const { agentId, slow } = agent()
    const abort = new AbortController()
    const run = await agents().run({ agentId, input: slow, signal: abort.signal })
    abort.abort(new Error('the user left'))
    expect((await run.wait({ timeoutMs: 10_000 })).status).toBe('cancelled')
    const never = agents().run({ agentId, input: slow, signal: AbortSignal.abort(new Error('too late')) })
    await expect(never).rejects.toThrow('too late')
  })

  contractAgain(subject)

  it('stops waiting and listening with the reason, and the run goes on', async () => {
    const { agentId, slow } = agent()
    const run = await agents().run({ agentId, input: slow })
    const abort = new AbortController()
    const waiting = expect(run.wait({ signal: abort.signal })).rejects.toThrow('looked away')
    const reading = expect(collectEvents(run.events({ signal: abort.signal }))).rejects.toThrow('looked away')
    setTimeout(() => abort.abort(new Error('looked away')), 50)
    await Promise.all([waiting, reading])
    expect((await run.wait({ timeoutMs: 0 })).status).toBe('accepted')
    await run.cancel()
  })

  it('times out', async () => {
    const { agentId, slow } = agent()
    const run = await agents().run({ agentId, input: slow, timeoutMs: 100 })
    expect((await run.wait({ timeoutMs: 10_000 })).status).toBe('timed_out')
  })

  it('fails with what went wrong, as an outcome', async () => {
    const { agentId, failing } = agent()
    const run = await agents().run({ agentId, input: failing })
    const result = await run.wait({ timeoutMs: 15_000 })
    expect(result.status).toBe('failed')
    expect(result.error?.message).toEqual(expect.any(String))
  }, 20_000)

  it('leaves the tools of the caller to the caller, and goes on with their answers', async () => {
    const { agentId, clientTool } = agent()
    const sessionKey = keyOf(subject(), 'contract-client-tools')
    const first = await agents().run({ agentId, input: clientTool, sessionKey, tools: [lookup] })
    const asked = await first.wait({ timeoutMs: 10_000 })
    expect(asked).toMatchObject({ status: 'completed', stopReason: 'tool_calls' })
    expect(asked.toolCalls).toMatchObject([{ name: 'lookup', input: { word: 'crab' } }])
    const toolCallId = asked.toolCalls?.[0]?.toolCallId ?? ''
    const answer = [{ role: 'tool' as const, toolCallId, output: { meaning: 'an animal with ten legs' } }]
    const second = await agents().run({ agentId, input: answer, sessionKey, tools: [lookup] })
    expect((await second.wait({ timeoutMs: 10_000 })).text).toContain('ten legs')
  })

  it('refuses an agent it does not have', async () => {
    const missing = await agents()
      .run({ agentId: 'nobody', input: 'hello' })
      .catch((error: unknown) => error)
    expect(missing).toBeInstanceOf(GatewayError)
    expect(missing).toMatchObject({ status: 404, retryable: false })
  })
}

/** What every gateway that keeps sessions holds to. */
export function contractSessions(subject: () => GatewaySubject): void {
  const sessions = (): NonNullable<Gateway['sessions']> => partOf(subject().gateway.sessions)

  it('keeps the conversation of a session over its runs', async () => {
    const { agentId, plain } = partOf(subject().agent)
    const sessionKey = keyOf(subject(), 'contract:history')
    for (let turn = 0; turn < 2; turn++) {
      const run = await partOf(subject().gateway.agents).run({ agentId, input: plain.input, sessionKey })
      expect(run.sessionKey).toBe(sessionKey)
      await run.wait()
    }
    // The last message may be written just after the run has ended.
    const history = await eventually(async () => {
      const found = await sessions().history(sessionKey)
      return found.length >= 4 ? found : undefined
    })
    expect(history.map((message) => message.role)).toEqual(['user', 'assistant', 'user', 'assistant'])
    expect(history[0]?.text).toBe(plain.input)
    expect(history[1]?.text).toContain(plain.answer)
    expect(await sessions().get(sessionKey)).toMatchObject({ sessionKey, agentId, messageCount: 4 })
    const { items } = await sessions().list({ agentId })
    expect(items.map((session) => session.sessionKey)).toContain(sessionKey)
  })

  it('has nothing of a session it does not know', async () => {
    expect(await sessions().get('no-such-session')).toBeUndefined()
    expect(await sessions().history('no-such-session')).toEqual([])
  })
}

/** What every gateway that offers tools holds to. */
export function contractTools(subject: () => GatewaySubject): void {
  const tools = (): NonNullable<Gateway['tools']> => partOf(subject().gateway.tools)

  it('lists its tools', async () => {
    const { name } = partOf(subject().tool)
    expect((await tools().list()).map((tool) => tool.name)).toContain(name)
  })

  it('answers, fails, blocks and asks: each as a result', async () => {
    const { name, input, output, failing, blocked, asking } = partOf(subject().tool)
    expect(await tools().invoke(name, { input, toolCallId: 'call-1' })).toEqual({
      status: 'ok',
      toolCallId: 'call-1',
      output,
    })
    expect(await tools().invoke(failing, { input })).toMatchObject({
      status: 'error',
      error: { message: expect.any(String) },
    })
    expect(await tools().invoke(blocked, { input })).toMatchObject({
      status: 'blocked',
      reason: expect.any(String),
    })
    const call = { input, toolCallId: 'call-2', runId: 'run-1' }
    const asked = await tools().invoke(asking, call)
    expect(asked).toMatchObject({ status: 'approval_required', toolCallId: 'call-2' })
    const approvalId = 'approvalId' in asked ? asked.approvalId : ''
    await partOf(subject().gateway.approvals).decide(approvalId, { decision: 'approve' })
    expect(await tools().invoke(asking, { ...call, approvalId })).toMatchObject({ status: 'ok' })
    // An approval holds for one call.
    expect((await tools().invoke(asking, { ...call, approvalId })).status).not.toBe('ok')
  })

  it('refuses a tool it does not have', async () => {
    await expect(tools().invoke('no-such-tool', {})).rejects.toMatchObject({ status: 404, retryable: false })
  })
}

/** What every gateway that tells its models holds to. */
export function contractModels(subject: () => GatewaySubject): void {
  it('lists models', async () => {
    const models = await partOf(subject().gateway.models).list()
    expect(models.length).toBeGreaterThan(0)
    expect(models.every((model) => model.id.length > 0)).toBe(true)
  })
}

function keyOf({ sessionKey }: GatewaySubject, name: string): string {
  return sessionKey?.(name) ?? name
}
