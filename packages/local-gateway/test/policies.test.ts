import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { GuardRequest } from '@pincer/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { compileGlob } from '../src/guard/glob.ts'
import type { Policy } from '../src/guard/policy.ts'
import type { LocalGatewayOptions } from '../src/options.ts'
import { type Caller, type Reply, startCaller } from './gateway-caller.ts'

let folder: string
let running: Caller[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pincer-policies-'))
})

afterEach(async () => {
  await Promise.all(running.map((caller) => caller.close()))
  running = []
  await rm(folder, { recursive: true })
})

async function start(options: LocalGatewayOptions = {}): Promise<Caller> {
  const caller = await startCaller(options)
  running.push(caller)
  return caller
}

async function decide(caller: Caller, request: Partial<GuardRequest>): Promise<Reply> {
  const { status, body } = await caller.post('/v1/guard', {
    kind: 'tool_call',
    name: 'files.read',
    ...request,
  })
  expect(status).toBe(200)
  return body
}

async function decisions(
  policies: readonly Policy[],
  requests: readonly Partial<GuardRequest>[],
): Promise<string[]> {
  const caller = await start({ policies })
  const answers = []
  for (const request of requests) answers.push((await decide(caller, request)).decision)
  return answers
}

describe('patterns', () => {
  it.each([
    ['files.read', 'files.read', true],
    ['files.read', 'files.readable', false],
    ['*', '', true],
    ['files.*', 'files.', true],
    ['files.*', 'file.read', false],
    ['*.delete', 'files.delete', true],
    ['*.delete', 'files.delete.all', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['ab*ba', 'aba', false],
    ['a**a', 'aa', true],
    ['f(x)+.*[y]', 'f(x)+.z[y]', true],
    ['*mid*mid', 'mid', false],
  ])('%s matches %s: %s', (pattern, text, matches) => {
    expect(compileGlob(pattern)(text)).toBe(matches)
  })

  it('is not slowed down by any pattern', () => {
    const evil = compileGlob(`${'*a'.repeat(100)}*b`)
    const startedAt = performance.now()
    for (let count = 0; count < 100; count++) expect(evil('a'.repeat(5000))).toBe(false)
    // A pattern that goes back would need years.
    expect(performance.now() - startedAt).toBeLessThan(20_000)
  })
})

describe('the order of policies', () => {
  it('allows where nothing matches', async () => {
    expect(await decide(await start(), {})).toEqual({ decision: 'allow' })
  })

  it('lets the strictest action of the highest priority decide', async () => {
    const policies: Policy[] = [
      { id: 'warn', match: { tool: 'files.*' }, action: 'warn' },
      { id: 'ask', match: { tool: 'files.*' }, action: 'require_approval' },
      { id: 'block', match: { tool: '*.delete' }, action: 'block' },
      { id: 'trusted', match: { tool: 'files.*', agent: 'janitor-*' }, action: 'allow', priority: 5 },
    ]
    expect(
      await decisions(policies, [
        { name: 'files.read' },
        { name: 'files.delete' },
        { name: 'files.delete', agentId: 'janitor-1' },
        { name: 'web.get' },
      ]),
    ).toEqual(['require_approval', 'block', 'allow', 'allow'])
  })

  it('matches by kind, and takes a tool pattern for tool calls only', async () => {
    const policies: Policy[] = [
      { id: 'tools', match: { tool: '*' }, action: 'warn' },
      { id: 'models', match: { tool: 'gpt-*', kind: 'model_call' }, action: 'block' },
    ]
    expect(
      await decisions(policies, [
        { name: 'anything' },
        { kind: 'model_call', name: 'claude' },
        { kind: 'model_call', name: 'gpt-5' },
        { kind: 'retrieval', name: 'docs' },
      ]),
    ).toEqual(['warn', 'allow', 'block', 'allow'])
  })

  it('matches by the least risk or by exact ones, and takes an unknown risk for medium', async () => {
    const policies: Policy[] = [
      { id: 'high', match: { risk: 'high' }, action: 'block' },
      { id: 'exact', match: { risk: ['low', 'medium'] }, action: 'warn' },
    ]
    expect(await decisions(policies, [{ risk: 'low' }, {}, { risk: 'high' }, { risk: 'critical' }])).toEqual([
      'warn',
      'warn',
      'block',
      'block',
    ])
  })

  it('tells which policy decided, and why', async () => {
    const caller = await start({
      policies: [
        { id: 'said', match: { tool: 'a' }, action: 'block', reason: 'not on Fridays' },
        { id: 'silent', match: { tool: 'b' }, action: 'block' },
      ],
    })
    expect(await decide(caller, { name: 'a' })).toEqual({
      decision: 'block',
      policyId: 'said',
      reason: 'not on Fridays',
    })
    expect((await decide(caller, { name: 'b' })).reason).toContain('"silent"')
  })
})

describe('/v1/policies', () => {
  const rule = { match: { tool: 'files.*' }, action: 'block' }

  it('puts, lists, reads and deletes; what is put holds at once and after a restart', async () => {
    const databasePath = join(folder, 'record.sqlite')
    const first = await start({ databasePath })
    expect(await first.call('PUT', '/v1/policies/no-files', rule)).toEqual({
      status: 200,
      body: { id: 'no-files', ...rule, source: 'api' },
    })
    expect((await decide(first, {})).policyId).toBe('no-files')
    await first.close()
    const second = await start({ databasePath })
    expect((await second.get('/v1/policies')).body.items).toEqual([
      { id: 'no-files', ...rule, source: 'api' },
    ])
    expect((await decide(second, {})).decision).toBe('block')
    expect((await second.call('DELETE', '/v1/policies/no-files')).status).toBe(204)
    expect((await second.call('DELETE', '/v1/policies/no-files')).body.error.code).toBe('policy_not_found')
    expect((await second.get('/v1/policies/no-files')).status).toBe(404)
    expect((await decide(second, {})).decision).toBe('allow')
  })

  it.each([
    ['a field that it does not know', { ...rule, prioriti: 5 }, 'body'],
    ['a match that it does not know', { ...rule, match: { tol: 'x' } }, 'body.match'],
    ['an unknown action', { ...rule, action: 'deny' }, 'body.action'],
    ['another id than that of the path', { ...rule, id: 'other' }, 'body.id'],
    ['an endless limit', { ...rule, limit: { count: 1, perMs: 0, scope: 'all' } }, 'body.limit.perMs'],
  ])('refuses %s, and changes nothing', async (_, body, path) => {
    const caller = await start()
    const answer = await caller.call('PUT', '/v1/policies/p', body)
    expect(answer.status).toBe(400)
    expect(answer.body.error).toMatchObject({ code: 'invalid_request', path, next: expect.any(String) })
    expect((await caller.get('/v1/policies')).body.items).toEqual([])
  })

  it('reads the file at the start and at each change, and lets the API stand above it', async () => {
    const policyFile = join(folder, 'policies.json')
    await writeFile(policyFile, JSON.stringify([{ id: 'filed', ...rule }]))
    const caller = await start({ policyFile, policies: [{ id: 'filed', match: {}, action: 'allow' }] })
    expect((await caller.get('/v1/policies/filed')).body).toEqual({ id: 'filed', ...rule, source: 'file' })
    expect((await caller.call('DELETE', '/v1/policies/filed')).body.error.code).toBe(
      'policy_from_configuration',
    )

    await writeFile(policyFile, JSON.stringify({ policies: [{ id: 'filed', ...rule, action: 'warn' }] }))
    expect((await decide(caller, {})).decision).toBe('block')
    await caller.call('PUT', '/v1/policies/other', { match: { tool: 'nothing' }, action: 'warn' })
    expect((await decide(caller, {})).decision).toBe('warn')

    await caller.call('PUT', '/v1/policies/filed', { match: { tool: 'files.*' }, action: 'allow' })
    expect((await decide(caller, {})).decision).toBe('allow')
    await caller.call('DELETE', '/v1/policies/filed')
    expect((await decide(caller, {})).decision).toBe('warn')

    await writeFile(policyFile, '[{"id": "filed", "match": {}, "action": "explode"}]')
    const broken = await caller.call('PUT', '/v1/policies/late', rule)
    expect(broken.status).toBe(400)
    expect(broken.body.error.message).toContain('policies.json')
    expect((await caller.get('/v1/policies/late')).status).toBe(404)
  })

  it('does not start with a file or an option that holds no policies', async () => {
    const policyFile = join(folder, 'policies.json')
    await expect(start({ policyFile })).rejects.toThrow(/policies\.json.*could not be read/)
    await writeFile(policyFile, '[{"id": "a", "match": {"tool": 7}, "action": "block"}]')
    await expect(start({ policyFile })).rejects.toThrow(/tool/)
    await expect(
      start({
        policies: [
          { id: 'a', match: {}, action: 'allow' },
          { id: 'a', match: {}, action: 'warn' },
        ],
      }),
    ).rejects.toThrow(/"a" is given twice/)
  })

  it('holds in every process that shares the file', async () => {
    const databasePath = join(folder, 'record.sqlite')
    const [one, other] = [await start({ databasePath }), await start({ databasePath })]
    await one.call('PUT', '/v1/policies/no-files', rule)
    expect((await decide(other, {})).decision).toBe('block')
  })
})

describe('limits', () => {
  const limited: Policy = {
    id: 'slowly',
    match: { tool: '*' },
    action: 'block',
    limit: { count: 2, perMs: 1000, scope: 'agent' },
  }

  it('apply to what exceeds them, and forget what fell out of the window', async () => {
    let time = 1_000_000
    const caller = await start({ policies: [limited], now: () => time })
    const ask = async (agentId: string): Promise<string> => (await decide(caller, { agentId })).decision
    expect([await ask('a'), await ask('a'), await ask('a'), await ask('b')]).toEqual([
      'allow',
      'allow',
      'block',
      'allow',
    ])
    time += 999
    expect(await ask('a')).toBe('block')
    time += 1
    // What was blocked was not counted, so both places are free.
    expect([await ask('a'), await ask('a'), await ask('a')]).toEqual(['allow', 'allow', 'block'])
  })

  it.each([
    ['tool', ['allow', 'allow', 'block', 'block', 'allow']],
    ['agent', ['allow', 'allow', 'block', 'allow', 'block']],
    ['all', ['allow', 'allow', 'block', 'block', 'block']],
  ] as const)('count together by %s', async (scope, expected) => {
    const policies: Policy[] = [{ ...limited, limit: { count: 2, perMs: 60_000, scope } }]
    const requests = [
      { name: 'a', agentId: '1' },
      { name: 'a', agentId: '1' },
      { name: 'a', agentId: '1' },
      { name: 'a', agentId: '2' },
      { name: 'b', agentId: '1' },
    ]
    expect(await decisions(policies, requests)).toEqual(expected)
  })

  it('count a call once, however often it is asked about, and also after a restart', async () => {
    const databasePath = join(folder, 'record.sqlite')
    const policies: Policy[] = [{ ...limited, limit: { count: 2, perMs: 60_000, scope: 'all' } }]
    const first = await start({ databasePath, policies })
    const same = { runId: 'r', toolCallId: 'one', input: { x: 1 } }
    for (let count = 0; count < 5; count++) expect((await decide(first, same)).decision).toBe('allow')
    await first.close()
    const second = await start({ databasePath, policies })
    expect((await decide(second, { ...same, toolCallId: 'two' })).decision).toBe('allow')
    expect((await decide(second, same)).decision).toBe('allow')
    expect((await decide(second, { ...same, toolCallId: 'three' })).decision).toBe('block')
  })

  it('are not used up by what is only observed', async () => {
    const caller = await start({ policies: [limited] })
    for (let count = 0; count < 3; count++) {
      expect((await decide(caller, { observe: true })).decision).toBe('allow')
    }
    expect((await decide(caller, {})).decision).toBe('allow')
  })

  it('never let more through than they say, whoever asks at once', async () => {
    const databasePath = join(folder, 'record.sqlite')
    const policies: Policy[] = [{ ...limited, limit: { count: 10, perMs: 60_000, scope: 'all' } }]
    const callers = [await start({ databasePath, policies }), await start({ databasePath, policies })]
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => decide(callers[index % 2] as Caller, {})),
    )
    expect(answers.filter(({ decision }) => decision === 'allow')).toHaveLength(10)
  })
})

it('refuses what is no question, with the place', async () => {
  const caller = await start()
  const answer = await caller.post('/v1/guard', { kind: 'tool', name: 'x' })
  expect(answer.status).toBe(400)
  expect(answer.body.error).toMatchObject({ code: 'invalid_request', path: 'body.kind' })
})
