import { describe, expect, it } from 'vitest'
import { OpenClaw } from '../src/index.ts'
import { capturedRun } from './client-run.ts'
import { type Answer, ClientTransport } from './client-transport.ts'

function connect(answers: Readonly<Record<string, Answer>> = {}) {
  const transport: ClientTransport = new ClientTransport(['sessions', 'errors', 'agent-run-cancel'], {
    agent: capturedRun(() => transport, 'agent-run-text-expectfinal', 'agent'),
    'sessions.send': capturedRun(() => transport, 'sessions', 'sessions.send'),
    'agent.wait': ({ runId }) => ({
      runId,
      status: 'ok',
      endedAt: 1_795_174_823_840,
      stopReason: 'stop',
      terminalReply: { disposition: 'visible', text: 'two response frames' },
    }),
    ...answers,
  })
  return { transport, oc: new OpenClaw({ transport }) }
}

async function types(events: AsyncIterable<{ readonly type: string }>): Promise<readonly string[]> {
  const found: string[] = []
  for await (const { type } of events) found.push(type)
  return found
}

describe('Agent.run', () => {
  it('sends the agent request with this agent, the full key, the split model and whole seconds', async () => {
    const { transport, oc } = connect()
    const agent = await oc.agents.get('main')
    const run = await agent.run({ input: 'hi', model: 'openai/gpt-5.5', sessionKey: 't1', timeoutMs: 29_500 })
    expect(transport.last('agent')).toMatchObject({
      message: 'hi',
      agentId: 'main',
      sessionKey: 'agent:main:t1',
      provider: 'openai',
      model: 'gpt-5.5',
      timeout: 30,
      idempotencyKey: run.id,
    })
    expect(run).toMatchObject({ runId: run.id, sessionKey: 'agent:main:t1' })
    const seen = await types(run.events())
    expect(seen[0]).toBe('run.started')
    expect(seen.at(-1)).toBe('run.completed')
    const result = await run.wait()
    expect(result).toMatchObject({
      status: 'completed',
      text: 'two response frames',
      usage: { totalTokens: expect.any(Number) },
    })
  })

  it('a text is its input', async () => {
    const { transport, oc } = connect()
    const run = await (await oc.agents.get('kit-bot')).run('hi')
    expect(transport.last('agent')).toMatchObject({ message: 'hi', agentId: 'kit-bot' })
    expect((await run.wait()).status).toBe('completed')
  })
})

describe('Session.send', () => {
  it('sends into the session, and gives the run', async () => {
    const { transport, oc } = connect()
    const session = await oc.sessions.get('kit-321e67')
    const run = await session.send('[[text:sent through sessions.send]]')
    expect(transport.last('sessions.send')).toEqual({
      key: 'agent:main:kit-321e67',
      message: '[[text:sent through sessions.send]]',
      idempotencyKey: run.id,
    })
    expect((await types(run.events())).at(-1)).toBe('run.completed')
    expect((await run.wait()).status).toBe('completed')
    await session.send({ message: 'x', thinking: 'low' })
    expect(transport.last('sessions.send')).toMatchObject({ message: 'x', thinking: 'low' })
  })
})

describe('oc.runs', () => {
  it('create: the agent request', async () => {
    const { transport, oc } = connect()
    const run = await oc.runs.create({ input: 'hi', agentId: 'main' })
    expect(transport.last('agent')).toMatchObject({ message: 'hi', agentId: 'main', idempotencyKey: run.id })
    expect((await oc.runs.wait(run.id)).status).toBe('completed')
    expect((await types(oc.runs.events(run.id))).at(-1)).toBe('run.completed')
  })

  it('get: a handle by its id, with the full key of its session', async () => {
    const { oc } = connect()
    expect((await oc.runs.get('run-1', { sessionKey: 'notes' })).sessionKey).toBe('agent:main:notes')
    expect((await oc.runs.get('run-2')).id).toBe('run-2')
  })

  it('wait: `accepted` where the wait ends before the run', async () => {
    const { transport, oc } = connect({
      'agent.wait': () => ({ runId: 'run-1', status: 'timeout' }),
      'chat.history': () => ({ messages: [], sessionInfo: { hasActiveRun: true, activeRunIds: ['run-1'] } }),
    })
    const result = await oc.runs.wait('run-1', { timeoutMs: 30, sessionKey: 'notes' })
    expect(result).toMatchObject({ runId: 'run-1', status: 'accepted' })
    expect(transport.last('agent.wait')).toMatchObject({ runId: 'run-1' })
  })

  it('cancel: sessions.abort with the run and its session', async () => {
    const { transport, oc } = connect({
      'sessions.abort': () => ({ ok: true, abortedRunId: 'run-1', status: 'aborted' }),
      'agent.wait': () => ({ runId: 'run-1', status: 'error', stopReason: 'rpc', endedAt: 1 }),
    })
    await oc.runs.cancel('run-1', { sessionKey: 'notes', reason: 'enough' })
    expect(transport.last('sessions.abort')).toEqual({ key: 'agent:main:notes', runId: 'run-1' })
    expect((await oc.runs.wait('run-1')).status).toBe('cancelled')
  })

  it.each([
    ['get', (oc: OpenClaw) => oc.runs.get('')],
    ['wait', (oc: OpenClaw) => oc.runs.wait(' ')],
    ['cancel', (oc: OpenClaw) => oc.runs.cancel('')],
    ['events', (oc: OpenClaw) => types(oc.runs.events(''))],
    ['create', (oc: OpenClaw) => oc.runs.create(undefined as never)],
  ])('%s: an empty id is refused before anything is sent', async (name, call) => {
    const { transport, oc } = connect()
    await expect(call(oc)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining(`runs.${name}`),
    })
    expect(transport.sent).toEqual([])
  })
})

describe('oc.artifacts', () => {
  it('list({ runId }): finds the session of a run of its own without asking', async () => {
    const { transport, oc } = connect({
      agent: () => new Promise(() => undefined),
      'artifacts.list': () => ({ artifacts: [] }),
      'agent.wait': () => new Promise(() => undefined),
    })
    const idempotencyKey = 'run-of-ours'
    const started = oc.runs.create({ input: 'x', agentId: 'main', sessionKey: 'notes', idempotencyKey })
    started.catch(() => undefined)
    await expect.poll(() => transport.last('agent')).toBeDefined()
    await oc.artifacts.list({ runId: idempotencyKey })
    expect(transport.calls.slice(1)).toEqual([
      ['artifacts.list', { sessionKey: 'agent:main:notes', runId: idempotencyKey }],
    ])
    await oc.close()
  })
})
