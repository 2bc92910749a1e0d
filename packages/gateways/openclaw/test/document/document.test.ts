import { describe, expect, it } from 'vitest'
import { type GatewayEvent, normalizeGatewayEvent, OpenClaw } from '../../src/index.ts'
import { capturedRun } from '../client-run.ts'
import { type Answer, capturedHello, ClientTransport, readFixtureEvents } from '../client-transport.ts'
import * as blocks from './blocks.ts'

const artifact = {
  id: 'artifact_1',
  type: 'image',
  title: 'image 1',
  sessionKey: 'agent:main:main',
  download: { mode: 'bytes' },
}
const approval = {
  id: 'approval-id',
  status: 'pending',
  presentation: { kind: 'exec', commandText: 'ls', allowedDecisions: ['allow-once', 'deny'] },
}

/** A Gateway of captured answers, whose main session is the one of the fixtures. */
function connect(answers: Readonly<Record<string, Answer>> = {}) {
  const fixtures = [
    'sessions',
    'models',
    'tools',
    'artifacts',
    'approvals-exec',
    'environments-tasks',
    'usage-audit',
    'errors',
  ]
  const transport: ClientTransport = new ClientTransport(
    fixtures,
    {
      agent: capturedRun(() => transport, 'agent-run-text-expectfinal', 'agent'),
      'sessions.send': capturedRun(() => transport, 'sessions', 'sessions.send'),
      'plugin.approval.list': () => [],
      ...answers,
    },
    { ...capturedHello, mainSessionKey: 'agent:main:t1' },
  )
  return { transport, oc: new OpenClaw({ transport }) }
}

describe('every block of the document runs', () => {
  it('injects a transport', async () => {
    const oc = blocks.injectTransport()
    expect(await oc.request('anything', { at: 1 })).toEqual({ method: 'anything', params: { at: 1 } })
    expect(await oc.models.list()).toEqual({ method: 'models.list', params: {} })
    await oc.close()
  })

  it('runs an agent', async () => {
    const { transport, oc } = connect()
    const written: string[] = []
    const { run, result } = await blocks.runAnAgent(oc, { write: (text) => written.push(text) })
    expect(transport.last('agent')).toMatchObject({
      message: 'Review this pull request and suggest the smallest safe fix.',
      provider: 'openai',
      model: 'gpt-5.5',
      agentId: 'main',
      sessionKey: 'agent:main:t1',
      timeout: 30,
    })
    expect(written.join('')).toBe('two response framescompleted\n')
    expect(result).toMatchObject({ runId: run.id, status: 'completed' })
  })

  it('creates and reuses a session', async () => {
    const { transport, oc } = connect()
    const { session, run, result } = await blocks.createSession(oc)
    expect(transport.calls[0]).toEqual(['sessions.create', { agentId: 'main', label: 'release-review' }])
    expect(transport.calls[1]).toEqual([
      'sessions.send',
      {
        key: session.key,
        message: 'Prepare release notes from the current diff.',
        idempotencyKey: run.id,
      },
    ])
    expect(result.status).toBe('completed')
    transport.sent.splice(0)
    await blocks.useSession(session, run)
    expect(transport.calls).toEqual([
      ['sessions.abort', { key: session.key, runId: run.id }],
      ['sessions.patch', { key: session.key, label: 'renamed-session' }],
      ['sessions.compact', { key: session.key, maxLines: 200 }],
    ])
  })

  it('reads a fast run', async () => {
    const { oc } = connect()
    const seen = await blocks.readFastRun(oc)
    expect(seen.at(-1)?.type).toBe('run.completed')
    expect(new Set(seen.map(({ runId }) => runId)).size).toBe(1)
  })

  it('reads a run that is over', async () => {
    const { oc } = connect()
    const run = await (await oc.agents.get('main')).run('Summarize the latest session.')
    await run.wait()
    const seen: string[] = []
    for await (const event of run.events()) seen.push(event.type)
    expect([seen[0], seen.at(-1)]).toEqual(['run.started', 'run.completed'])
  })

  it('reads what the whole Gateway tells', async () => {
    const { transport, oc } = connect()
    const reading = blocks.readFirstEvents(oc)
    await expect.poll(() => transport.last('sessions.subscribe')).toEqual({})
    for (const event of readFixtureEvents('sessions')) transport.tell(event)
    const { event, raw } = await reading
    expect(event).toMatchObject({ version: 1, type: expect.stringMatching(/^session\./) })
    expect(raw).toMatchObject({ event: expect.any(String) })
    await oc.close()
  })

  it('uses models', async () => {
    const { transport, oc } = connect()
    await blocks.useModels(oc)
    expect(transport.calls).toEqual([
      ['models.list', {}],
      ['models.authStatus', { probe: false }],
    ])
  })

  it('uses tools', async () => {
    const { transport, oc } = connect({
      'tools.invoke': ({ name }) => ({
        ok: false,
        toolName: name,
        error: { code: 'not_found', message: '' },
      }),
    })
    expect(await blocks.useTools(oc)).toMatchObject({ ok: false, toolName: 'tool-name' })
    expect(transport.calls).toEqual([
      ['tools.catalog', {}],
      ['tools.effective', { sessionKey: 'agent:main:t1' }],
      [
        'tools.invoke',
        {
          name: 'tool-name',
          args: { input: 'value' },
          sessionKey: 'agent:main:t1',
          confirm: false,
          idempotencyKey: 'tool-call-1',
        },
      ],
    ])
  })

  it('uses artifacts', async () => {
    expect(await blocks.useArtifacts(connect().oc, 'agent:main:art')).toBeUndefined()
    const { oc } = connect({
      'artifacts.list': () => ({ artifacts: [artifact] }),
      'artifacts.get': () => ({ artifact }),
      'artifacts.download': () => ({ artifact, encoding: 'base64', data: '' }),
    })
    expect(await blocks.useArtifacts(oc)).toMatchObject({ artifact, encoding: 'base64' })
  })

  it('lists and answers approvals', async () => {
    const { transport, oc } = connect({
      'approval.get': () => ({ approval }),
      'approval.resolve': () => ({
        applied: true,
        approval: { ...approval, status: 'allowed', reason: 'user', decision: 'allow-once' },
      }),
    })
    expect(await blocks.listApprovals(oc)).toEqual([])
    await blocks.respondToApproval(oc)
    expect(transport.last('approval.resolve')).toEqual({
      id: 'approval-id',
      kind: 'exec',
      decision: 'allow-once',
    })
  })

  it('uses environments', async () => {
    expect(await blocks.useEnvironments(connect().oc)).toMatchObject({ id: 'gateway', type: 'local' })
  })

  it('uses tasks, which the document had not yet', async () => {
    const { transport, oc } = connect()
    const { tasks } = await blocks.useTasks(oc, '3b46eee2-c516-4983-b4c3-3b616d0f2c1a')
    expect(tasks.length).toBeGreaterThan(0)
    expect(transport.calls.map(([method]) => method)).toEqual(['tasks.list', 'tasks.get', 'tasks.cancel'])
  })

  it('refuses an environment without a profile before anything is sent', async () => {
    const { transport, oc } = connect()
    await expect(blocks.createEnvironment(oc)).rejects.toMatchObject({ name: 'UnsupportedByGatewayError' })
    expect(transport.sent).toEqual([])
  })

  it('deletes an environment by the name that the Gateway has for it', async () => {
    const { transport, oc } = connect()
    await expect(blocks.deleteEnvironment(oc, 'ghost')).rejects.toThrow('Unknown worker environment: ghost')
    expect(transport.last('environments.destroy')).toEqual({ environmentId: 'ghost' })
  })

  it.each(['workspace', 'runtime', 'environment', 'approvals'] as const)(
    'refuses %s per run before the run is submitted',
    async (field) => {
      const { transport, oc } = connect()
      await expect(blocks.runWithUnsupported(oc, field)).rejects.toMatchObject({
        name: 'UnsupportedByGatewayError',
        message: expect.stringContaining(field),
      })
      expect(transport.sent).toEqual([])
    },
  )

  it('names where it tried to connect', async () => {
    for (const connectTo of [blocks.connectToGateway, blocks.connectByGateway]) {
      await expect(connectTo('ws://nobody@127.0.0.1:9', 'x')).rejects.toMatchObject({
        code: 'invalid_option',
        message: expect.stringMatching(/^(url|gateway): /),
      })
    }
  })
})

describe('every row of the document’s table of events', () => {
  const agent = (stream: string, data: object): GatewayEvent => ({
    event: 'agent',
    payload: { runId: 'r', sessionKey: 'agent:main:t1', agentId: 'main', stream, data, seq: 1, ts: 1 },
  })
  const tool = { kind: 'tool', itemId: 'tool:1', toolCallId: '1', name: 'ls' }

  it.each<readonly [string, GatewayEvent]>([
    ['run.started', agent('lifecycle', { phase: 'start', startedAt: 1 })],
    ['run.completed', agent('lifecycle', { phase: 'end', endedAt: 2, stopReason: 'stop' })],
    ['run.failed', agent('lifecycle', { phase: 'error', error: 'no' })],
    ['run.cancelled', agent('lifecycle', { phase: 'end', status: 'cancelled', stopReason: 'rpc' })],
    ['run.timed_out', agent('lifecycle', { phase: 'error', error: 'late', timeoutPhase: 'provider' })],
    ['assistant.delta', agent('assistant', { text: 'a', delta: 'a', itemId: 'x:1' })],
    ['thinking.delta', agent('thinking', { text: 'a', delta: 'a' })],
    ['tool.call.started', agent('tool', { phase: 'start', name: 'ls', toolCallId: '1', args: {} })],
    ['tool.call.completed', agent('item', { ...tool, phase: 'end', status: 'completed' })],
    ['tool.call.failed', agent('item', { ...tool, phase: 'end', status: 'blocked' })],
    ['session.created', { event: 'sessions.changed', payload: { sessionKey: 'k', reason: 'create', ts: 1 } }],
    ['session.updated', { event: 'sessions.changed', payload: { sessionKey: 'k', reason: 'patch', ts: 1 } }],
    [
      'session.compacted',
      { event: 'sessions.changed', payload: { sessionKey: 'k', reason: 'compact', ts: 1 } },
    ],
    [
      'task.updated',
      { event: 'task', payload: { action: 'upserted', task: { id: 't', status: 'running' } } },
    ],
    ['raw', { event: 'presence', payload: {} }],
  ])('%s', (type, raw) => {
    expect(normalizeGatewayEvent(raw)).toMatchObject({ version: 1, type, id: expect.any(String), raw })
  })
})
