import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DashClaw } from '../src/index.ts'
import type { MethodRow } from '../src/methods/method.ts'
import { methodTables } from '../src/methods/method-tables.ts'
import { camelCase, documentNames, endpoints, type FactRow } from './endpoints.ts'
import { type Recorded, type RecordingServer, startServer } from './recording-server.ts'
import { knownNames, sampleCall } from './sample-call.ts'

const rowKeys = [
  'verb',
  'path',
  'params',
  'otherPath',
  'servers',
  'role',
  'query',
  'own',
  'fixed',
  'defaults',
  'names',
  'cut',
  'atMost',
  'isRepeatable',
  'isRaw',
  'convertInput',
  'convertAnswer',
]

// What Node v2 sends, or the server reads on endpoints without a wrapper, and the facts' rows do not name.
const nodeNames: Readonly<Record<string, readonly string[]>> = {
  getLearningVelocity: ['lookback_days'],
  getLearningCurves: ['lookback_days'],
  registerOpenLoop: ['metadata'],
  createPolicy: ['name', 'policy_type', 'rules'],
  updatePolicy: ['id'],
  deletePolicy: ['id'],
}

const rows = Object.entries(methodTables).flatMap(([category, table]) =>
  Object.entries(table).map(([name, row]: [string, MethodRow]) => ({ category, name, row })),
)

function factsOf(name: string, row: MethodRow): FactRow | undefined {
  return (
    endpoints.find(({ python }) => python !== null && camelCase(python) === name) ??
    endpoints.find(({ python, method, path }) => python === null && method === row.verb && path === row.path)
  )
}

describe('every row', () => {
  let server: RecordingServer
  let claw: DashClaw

  beforeAll(async () => {
    server = await startServer(({ path, body }) => {
      // A decision, an action, or nothing that any call would stumble over.
      if (path === '/api/guard') return { body: { decision: 'allow' } }
      if (path !== '/api/actions') return { body: {} }
      return { status: 201, body: { action: body, action_id: body?.['action_id'] } }
    })
    claw = new DashClaw({
      baseUrl: server.url,
      apiKey: 'oc_live_contract',
      agentId: 'own-agent',
      agentName: 'Own Agent',
    })
  })
  afterAll(() => server[Symbol.asyncDispose]())

  async function call(name: string, args: readonly unknown[]): Promise<Recorded> {
    server.requests.length = 0
    await (claw as unknown as Record<string, (...given: readonly unknown[]) => Promise<unknown>>)[name]?.(
      ...args,
    )
    const [request, ...others] = server.requests
    expect(others).toEqual([])
    expect(request).toBeDefined()
    return request as Recorded
  }

  test('has a name of its own', () => {
    const names = rows.map(({ name }) => name)
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })

  test.each(rows)('$name is what the facts say', ({ name, row, category }) => {
    const facts = factsOf(name, row)
    expect(facts, `no row of the facts for ${name}`).toBeDefined()
    if (facts === undefined) return
    expect({ verb: row.verb, path: row.path }).toEqual({ verb: facts.method, path: facts.path })
    const { routed_in_2_0_x: old, routed_in_2_10_era: recent } = facts.server
    expect(row.servers).toBe(old ? (recent ? 'both' : '2.0') : recent ? '2.10' : 'none')
    expect(row.role).toBe(
      { admin: 'admin', 'admin|service': 'service', any: undefined, public: undefined }[facts.role],
    )
    if (facts.python !== null) expect(category).toBe(facts.category)
    expect(Object.keys(row).filter((key) => !rowKeys.includes(key))).toEqual([])
  })

  test.each(rows)('$name sends everything where the facts say', async ({ name, row }) => {
    const facts = factsOf(name, row)
    if (facts === undefined) return
    const { args, given } = sampleCall(row, facts, true)
    const request = await call(name, args)
    const inPath = facts.path.replaceAll(/\{(\w+)\}/g, (_, field: string) =>
      encodeURIComponent(String(given[field])),
    )
    expect(`${request.method} ${request.path}`).toBe(`${facts.method} ${inPath}`)
    expect(request.headers['x-api-key']).toBe('oc_live_contract')
    expect(request.headers['content-type']).toBe('application/json')
    expect(request.headers.authorization).toBeUndefined()
    const body = request.body ?? {}
    for (const { name: field } of facts.query) {
      if (field in given)
        expect(request.query, `${name}: query`).toHaveProperty([field], String(given[field]))
    }
    for (const { name: field, type } of facts.body) {
      expect(body, `${name}: body`).toHaveProperty([field])
      if (field in given && type !== 'string') expect(body[field]).toEqual(given[field])
    }
    const known = knownNames(facts)
    for (const field of nodeNames[name] ?? []) known.add(field)
    const sent = [...Object.keys(request.query), ...Object.keys(body)]
    expect(sent.filter((field) => !known.has(field))).toEqual([])
    expect(
      Object.keys(request.query).filter((field) => facts.body.some((one) => one.name === field)),
    ).toEqual([])
  })

  test.each(rows)('$name sends no more than it must', async ({ name, row }) => {
    const facts = factsOf(name, row)
    if (facts === undefined) return
    const { args } = sampleCall(row, facts, false)
    const request = await call(name, args)
    const sent = [...Object.keys(request.query), ...Object.keys(request.body ?? {})]
    const fields = [...facts.query, ...facts.body]
    const always = fields
      .filter((field) => field.server_required || (field.always_sent && field.type.includes('"')))
      .map((field) => field.name)
    expect(always.filter((field) => !sent.includes(field))).toEqual([])
    const own = [
      ...Object.keys(row.own ?? {}),
      ...Object.keys(row.defaults ?? {}),
      ...Object.keys(row.fixed ?? {}),
    ]
    const may = new Set([...fields.filter((field) => field.always_sent).map((field) => field.name), ...own])
    // The client makes it, so that the request may be repeated.
    if (name === 'createAction') may.add('action_id')
    expect(sent.filter((field) => !may.has(field) && nodeNames[name]?.includes(field) !== true)).toEqual([])
    if (request.body === undefined && row.verb !== 'GET') expect(request.text).toBe('')
  })
})

test('no name of the document is missing', () => {
  expect(documentNames.length).toBeGreaterThan(200)
  expect(documentNames.filter((name) => !(name in DashClaw.prototype))).toEqual([])
})
