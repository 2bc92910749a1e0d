import type { ClawEvent, ClawEventData, ClawEventType } from '@pincer/protocol'
import { eventually, recordedRun } from '@pincer/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openclaw, type OpenClawGateway } from '../src/gateway/openclaw-gateway.ts'
import { scriptedAgents } from './gateway-script.ts'
import { type ScriptedGateway, ScriptedRefusal, silence, startScriptedGateway } from './scripted-gateway.ts'

type Fields = Readonly<Record<string, unknown>>

let server: ScriptedGateway
let gateway: OpenClawGateway

beforeEach(async () => {
  server = await startScriptedGateway({
    answers: {
      'agents.list': scriptedAgents,
      'sessions.create': ({ params }) => ({ ok: true, key: params['key'] }),
      'chat.inject': () => ({ ok: true, messageId: 'm-1' }),
      'progressCard.put': () => ({ card: { revision: 1 } }),
      'sessions.patch': () => ({ ok: true }),
    },
  })
  gateway = openclaw({ url: server.url, token: 'secret', requestTimeoutMs: 500 })
})
afterEach(async () => {
  await gateway.close()
  await server.close()
})

function sent(method: string): readonly Fields[] {
  return server.requests.filter((request) => request.method === method).map(({ params }) => params)
}

let made = 0
function event<Type extends ClawEventType>(
  type: Type,
  data: ClawEventData[Type],
  more: Partial<Omit<ClawEvent, 'type' | 'data'>> = {},
): ClawEvent {
  const id = `event-${++made}`
  return { version: 1, id, ts: 1_760_000_000_000, type, runId: 'run-1', data, ...more } as ClawEvent
}

function refuse(code: string, retryable: boolean): never {
  throw new ScriptedRefusal({ code, message: `${code} by the script`, retryable })
}

describe('recording', () => {
  it('shows a run as a session with its answer and its steps', async () => {
    const verdicts = await gateway.events.append(recordedRun({ runId: 'Run 1', agentId: 'cleaner' }))
    expect(new Set(verdicts.map(({ status }) => status))).toEqual(new Set(['accepted']))
    const sessionKey = 'agent:main:pincer-run-1'
    expect(sent('sessions.create')).toEqual([
      { key: sessionKey, displayName: 'contract', category: 'Pincer' },
    ])
    expect(sent('chat.inject')).toEqual([{ sessionKey, message: 'answer', label: 'contract' }])
    expect(sent('progressCard.put')).toEqual([
      {
        sessionKey,
        markdown: '**contract** · completed · 2 steps',
        plan: [
          { step: 'model pincer-demo', status: 'completed' },
          { step: 'lookup', status: 'completed' },
        ],
      },
    ])
    expect(gateway.stats()).toEqual({
      recorded: { sessions: 1, messages: 1, cards: 1 },
      notRecorded: { usage: 1, inputs: 1, payloads: 3, deltas: 0, other: 0, refused: 0 },
    })
  })

  it('uses the session that the run belongs to, and an agent that the Gateway has', async () => {
    await gateway.events.append(recordedRun({ runId: 'a', sessionKey: 'Thread-7', agentId: 'helper' }))
    await gateway.events.append(recordedRun({ runId: 'b', sessionKey: 'agent:helper:mine' }))
    expect(sent('sessions.create').map(({ key }) => key)).toEqual([
      'agent:helper:thread-7',
      'agent:helper:mine',
    ])
    const owned = openclaw({ url: server.url, token: 'secret', agentId: 'helper' })
    await owned.events.append(recordedRun({ runId: 'c' }))
    await owned.close()
    expect(sent('sessions.create')[2]?.['key']).toBe('agent:helper:pincer-c')
  })

  it('puts the runs below a run on its card', async () => {
    await gateway.events.append([
      event('run.started', { name: 'parent' }),
      event('run.started', { name: 'child' }, { runId: 'run-2', parentRunId: 'run-1' }),
      event(
        'tool.call.started',
        { toolCallId: 'c', name: 'search' },
        { runId: 'run-2', parentRunId: 'run-1', actionId: 'a' },
      ),
      event('run.completed', { output: 'inner' }, { runId: 'run-2', parentRunId: 'run-1' }),
      // The envelope names the parent once only.
      event('run.started', { name: 'grandchild' }, { runId: 'run-3', parentRunId: 'run-2' }),
      event('run.failed', { error: { message: 'broken' } }, { runId: 'run-3' }),
      event('run.completed', { output: { total: 3 } }),
    ])
    expect(sent('sessions.create')).toHaveLength(1)
    expect(sent('chat.inject')).toEqual([
      { sessionKey: 'agent:main:pincer-run-1', message: '```json\n{\n  "total": 3\n}\n```', label: 'parent' },
    ])
    expect(sent('progressCard.put').at(-1)?.['plan']).toEqual([
      { step: 'run child', status: 'completed' },
      { step: 'search', status: 'completed' },
      { step: 'run grandchild (failed)', status: 'completed' },
    ])
  })

  it('says what went wrong, and nothing about runs that were stopped', async () => {
    await gateway.events.append([
      event('run.started', {}, { runId: 'f' }),
      event('run.failed', { error: { message: 'no credit' } }, { runId: 'f' }),
      event('run.started', {}, { runId: 's' }),
      event('run.cancelled', { reason: 'left' }, { runId: 's' }),
    ])
    expect(sent('chat.inject')).toEqual([
      { sessionKey: 'agent:main:pincer-f', message: 'The run failed: no credit' },
    ])
    // Two runs are told side by side.
    expect(new Set(sent('progressCard.put').map(({ markdown }) => markdown))).toEqual(
      new Set(['**run** · failed · 0 steps', '**run** · cancelled · 0 steps']),
    )
  })

  it('writes the card twice a second at most, and names the tool that runs', async () => {
    await gateway.events.append([event('run.started', { name: 'busy' })])
    const startedAt = performance.now()
    for (let at = 0; at < 30; at++) {
      const data = { toolCallId: `c-${at}`, name: `tool ${at}` }
      await gateway.events.append([event('tool.call.started', data, { actionId: `a-${at}` })])
    }
    const spentMs = performance.now() - startedAt
    expect(sent('progressCard.put').length).toBeLessThanOrEqual(2 + Math.floor(spentMs / 500))
    const note = await eventually(() =>
      sent('sessions.patch').find(({ statusNote }) => statusNote === 'tool 29'),
    )
    expect(note).toEqual({ key: 'agent:main:pincer-run-1', statusNote: 'tool 29', ttlMinutes: 30 })
    expect(sent('progressCard.put')).toHaveLength(2)
    await gateway.events.append([event('run.completed', {})])
    expect(sent('sessions.patch').at(-1)).toEqual({ key: 'agent:main:pincer-run-1', statusNote: null })
    expect(sent('chat.inject')).toEqual([])
  })

  it('writes what waits for its time when it is closed', async () => {
    await gateway.events.append([event('run.started', { name: 'short' })])
    await gateway.events.append([event('tool.call.started', { toolCallId: 'c', name: 'last' })])
    expect(sent('progressCard.put')).toHaveLength(1)
    await gateway.close()
    expect(sent('progressCard.put')).toHaveLength(2)
    await expect(gateway.events.append([event('run.started', {})])).rejects.toMatchObject({ code: 'closed' })
  })

  it('keeps the card within the limits of the Gateway', async () => {
    const steps = Array.from({ length: 300 }, (_, at) =>
      event('retrieval.started', { name: `${at} ${'🦞'.repeat(200)}` }, { actionId: `a-${at}` }),
    )
    await gateway.events.append([
      event('run.started', { name: 'n'.repeat(1000) }),
      ...steps,
      event('run.completed', {}),
    ])
    const { markdown, plan } = sent('progressCard.put')[0] as { markdown: string; plan: { step: string }[] }
    expect(plan).toHaveLength(50)
    expect(plan.every(({ step }) => Buffer.byteLength(step) <= 512)).toBe(true)
    expect(plan.at(-1)?.step).toMatch(/^search 299 🦞+…$/u)
    expect(Buffer.byteLength(markdown + plan.map(({ step }) => step).join(''))).toBeLessThan(8192)
    expect(String(sent('sessions.create')[0]?.['displayName'])).toHaveLength(200)
  })

  it('counts what OpenClaw has no place for', async () => {
    const verdicts = await gateway.events.append([
      event('assistant.delta', { delta: 'a' }),
      event('thinking.delta', { delta: 'a' }),
      event('assistant.message', { text: 'a' }),
      event('raw', { name: 'x' }, { runId: undefined } as object),
    ])
    expect(verdicts.map(({ status }) => status)).toEqual(['accepted', 'accepted', 'accepted', 'accepted'])
    expect(gateway.stats().notRecorded).toMatchObject({ deltas: 2, other: 2 })
    expect(server.requests).toEqual([])
  })
})

describe('delivery', () => {
  it('answers duplicate for what it has, and rejects what is no event', async () => {
    const [first, second] = recordedRun({ runId: 'run-1' })
    if (first === undefined || second === undefined) throw new Error('no events')
    // What a program with a defect could send.
    const broken = { ...first, id: 'broken', type: 'run.exploded' } as unknown as ClawEvent
    const verdicts = await gateway.events.append([first, broken, second, first])
    expect(verdicts).toMatchObject([
      { id: first.id, status: 'accepted' },
      { id: 'broken', status: 'rejected', code: 'invalid_event', message: expect.stringContaining('type') },
      { id: second.id, status: 'accepted' },
      { id: first.id, status: 'duplicate' },
    ])
    expect(await gateway.events.append([second])).toEqual([{ id: second.id, status: 'duplicate' }])
    expect(await gateway.events.append([])).toEqual([])
  })

  it('fails for a retry where the Gateway is away, and loses nothing', async () => {
    await server.stop()
    const run = recordedRun({ runId: 'run-1' })
    await expect(gateway.events.append(run)).rejects.toMatchObject({ retryable: true })
    expect(gateway.stats().recorded).toEqual({ sessions: 0, messages: 0, cards: 0 })
    await server.start()
    const verdicts = await eventually(async () => await gateway.events.append(run).catch(() => undefined))
    expect(verdicts.map(({ status }) => status)).not.toContain('rejected')
    expect(sent('chat.inject')).toHaveLength(1)
  })

  it('sends an answer once, where only what follows it has to be told again', async () => {
    server.answer('progressCard.put', () => refuse('UNAVAILABLE', true))
    const run = recordedRun({ runId: 'run-1' })
    await expect(gateway.events.append(run)).rejects.toMatchObject({ retryable: true, status: 503 })
    server.answer('progressCard.put', () => ({ card: {} }))
    const verdicts = await gateway.events.append(run)
    // Usage leads to nothing, so that it was delivered the first time.
    expect(verdicts.map(({ status }) => status)).toEqual(
      run.map(({ type }) => (type === 'usage.reported' ? 'duplicate' : 'accepted')),
    )
    expect(sent('chat.inject')).toHaveLength(1)
    expect(sent('sessions.create')).toHaveLength(1)
    expect(gateway.stats().recorded).toEqual({ sessions: 1, messages: 1, cards: 1 })
  })

  it('rejects what the Gateway refuses for good, and only that', async () => {
    server.answer('chat.inject', () => {
      throw new ScriptedRefusal({
        code: 'FORBIDDEN',
        message: 'missing scope: operator.admin',
        details: { code: 'MISSING_SCOPE', missingScope: 'operator.admin' },
      })
    })
    const verdicts = await gateway.events.append(recordedRun({ runId: 'run-1' }))
    expect(verdicts.map(({ status }) => status)).toEqual([
      ...Array.from({ length: 6 }, () => 'accepted'),
      'rejected',
    ])
    expect(verdicts.at(-1)).toMatchObject({
      code: 'MISSING_SCOPE',
      message: expect.stringContaining('operator.admin'),
    })
    expect(gateway.stats()).toMatchObject({
      recorded: { messages: 0, cards: 1 },
      notRecorded: { refused: 1 },
    })
    // A card is a picture: one that is refused is no loss.
    server.answer('progressCard.put', () => refuse('INVALID_REQUEST', false))
    const second = await gateway.events.append([event('run.started', {}, { runId: 'run-9' })])
    expect(second).toMatchObject([{ status: 'accepted' }])
    server.answer('sessions.create', () => refuse('INVALID_REQUEST', false))
    const third = await gateway.events.append([event('run.started', {}, { runId: 'run-10' })])
    expect(third).toMatchObject([{ status: 'rejected', code: 'INVALID_REQUEST' }])
  })

  it('tells a run in order, however many batches are handed over at once', async () => {
    const run = recordedRun({ runId: 'run-1' })
    await Promise.all(run.map((one) => gateway.events.append([one])))
    const methods = server.requests.map(({ method }) => method).filter((method) => method !== 'agents.list')
    expect(methods[0]).toBe('sessions.create')
    expect(methods.lastIndexOf('progressCard.put')).toBeGreaterThan(methods.indexOf('chat.inject'))
    expect(sent('progressCard.put').at(-1)?.['markdown']).toBe('**contract** · completed · 2 steps')
  })

  it('closes soon where the Gateway does not answer, and tells what is under way', async () => {
    const patient = openclaw({ url: server.url, token: 'secret' })
    server.answer('sessions.create', () => silence)
    const append = patient.events.append(recordedRun({ runId: 'run-1' }))
    const told = expect(append).rejects.toMatchObject({ code: 'closed' })
    const startedAt = performance.now()
    await patient.close()
    await told
    expect(performance.now() - startedAt).toBeLessThan(4500)
  }, 10_000)

  it('gives up with the reason where it is aborted before', async () => {
    const reason = new Error('given up')
    const append = gateway.events.append(recordedRun({ runId: 'run-1' }), {
      signal: AbortSignal.abort(reason),
    })
    await expect(append).rejects.toBe(reason)
    expect(server.requests).toEqual([])
  })
})
