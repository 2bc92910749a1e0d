import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { type Recorded, type RecordingServer, startServer } from './recording-server.ts'

type Fields = Record<string, unknown>

/** How a stand-in behaves. */
export interface StandInOptions {
  /** The line of servers it is like; that of the 2.10 era where it is absent. */
  readonly line?: '2.0' | '2.10'
  /** What its policies say to an action type; allows where it is absent or says nothing. */
  readonly policy?: (action: Fields) => 'warn' | 'block' | 'require_approval' | undefined
  /** Is waited for before a request is looked at. */
  readonly before?: (request: Recorded) => Promise<void> | undefined
  /** Answers instead of the server, for faults: a status, or nothing to go on. */
  readonly fault?: (request: Recorded) => { status: number; headers?: Record<string, string> } | undefined
}

/** A server in memory that does to actions what DashClaw servers do, on the routes of the core loop. */
export interface StandIn extends RecordingServer {
  /** Every row by its id. */
  readonly rows: ReadonlyMap<string, Fields>
  readonly loops: readonly Fields[]
  readonly assumptions: readonly Fields[]
  readonly messages: readonly Fields[]
  readonly tokens: readonly Fields[]
  readonly evaluations: readonly Fields[]
  /** How many connections events are read on. */
  streams(): number
  /** Ends the connections that events are read on. */
  dropStreams(): void
}

const words =
  'deploy security migrate apply sync api config cleanup build post fix refactor other test message monitor alert calendar research review'.split(
    ' ',
  )
const statuses: readonly unknown[] = [
  'running',
  'completed',
  'failed',
  'cancelled',
  'pending',
  'pending_approval',
  'blocked',
]
const longTexts = ['reasoning', 'input_summary', 'output_summary', 'error_message']
const oldOutcomes = [
  'status',
  'output_summary',
  'side_effects',
  'artifacts_created',
  'error_message',
  'timestamp_end',
  'duration_ms',
  'cost_estimate',
]
const newOutcomes = [...oldOutcomes, 'tokens_in', 'tokens_out', 'model']

/** Starts a stand-in for a DashClaw server on loopback. */
export async function startStandIn(options: StandInOptions = {}): Promise<StandIn> {
  const isOld = options.line === '2.0'
  const rows = new Map<string, Fields>()
  const loops: Fields[] = []
  const assumptions: Fields[] = []
  const messages: Fields[] = []
  const tokens: Fields[] = []
  const evaluations: Fields[] = []
  const streams = new Set<ServerResponse>()
  let cursor = 0

  function tell(type: string, data: unknown): void {
    cursor++
    for (const stream of streams)
      stream.write(`id: mem-${cursor}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  function judge(action: Fields): Fields {
    const decision = options.policy?.(action) ?? 'allow'
    const reasons = decision === 'block' || decision === 'require_approval' ? [`a policy: ${decision}`] : []
    const warnings = decision === 'warn' ? ['a policy: warn'] : []
    return {
      decision,
      action_id: `act_gd_${evaluations.length}`,
      reasons,
      warnings,
      reason: reasons.length === 0 ? null : reasons.join('; '),
      signals: [...warnings, ...reasons],
      matched_policies: decision === 'allow' ? [] : [`gp_${decision}`],
      risk_score: 20,
      agent_risk_score: action['risk_score'] ?? null,
    }
  }

  function check(body: Fields, isNew: boolean): string[] {
    const faults: string[] = []
    if (isNew) {
      for (const name of ['agent_id', 'declared_goal', 'action_type'])
        if (typeof body[name] !== 'string' || body[name] === '') faults.push(`${name} is required`)
      if (isOld && !words.includes(String(body['action_type'])))
        faults.push('action_type must be one of the enum')
      if (String(body['action_type']).length > 128) faults.push('action_type exceeds 128')
      if (String(body['declared_goal']).length > 2000) faults.push('declared_goal exceeds 2000')
    }
    if (body['status'] !== undefined && !statuses.includes(body['status'])) faults.push('status')
    for (const name of longTexts) {
      const text = body[name]
      if (text === undefined) continue
      if (typeof text !== 'string' || text.length > 4000) faults.push(`${name} must be a text of 4000`)
    }
    const risk = body['risk_score']
    if (risk !== undefined && !(Number.isInteger(risk) && Number(risk) >= 0 && Number(risk) <= 100))
      faults.push('risk_score')
    return faults
  }

  const json = (status: number, body: unknown): { status: number; body: unknown } => ({ status, body })
  const failed = (faults: readonly string[]): { status: number; body: unknown } =>
    json(400, { error: 'Validation failed', details: faults })

  function create(body: Fields): { status: number; body: unknown } {
    const faults = check(body, true)
    if (faults.length > 0) return failed(faults)
    const given = body['action_id']
    const id = typeof given === 'string' ? given : `act_${rows.size}`
    if (rows.has(id)) return json(409, { error: 'Action with this action_id already exists' })
    const decision = judge(body)
    const verdict = decision['decision']
    const status =
      verdict === 'block'
        ? 'blocked'
        : verdict === 'require_approval'
          ? 'pending_approval'
          : (body['status'] ?? 'running')
    const row: Fields = {
      id: rows.size + 1,
      org_id: 'org_1',
      timestamp_start: new Date().toISOString(),
      ...body,
      action_id: id,
      status,
      approved_by: null,
      approved_at: null,
      // Postgres leaks through.
      systems_touched: JSON.stringify(body['systems_touched'] ?? []),
      side_effects: JSON.stringify(body['side_effects'] ?? []),
    }
    if (verdict === 'block') {
      if (!isOld) rows.set(id, row)
      return json(403, { error: 'Action blocked by policy', decision, ...(isOld ? {} : { action: row }) })
    }
    rows.set(id, row)
    tell('action.created', row)
    return json(verdict === 'require_approval' ? 202 : 201, { action: row, action_id: id, decision })
  }

  function update(id: string, body: Fields): { status: number; body: unknown } {
    const row = rows.get(id)
    if (row === undefined) return json(404, { error: 'Action not found' })
    const faults = check(body, false)
    if (faults.length > 0) return failed(faults)
    const known = Object.entries(body).filter(([name]) => (isOld ? oldOutcomes : newOutcomes).includes(name))
    if (known.length === 0) return failed(['no outcome field'])
    const next = {
      ...row,
      ...Object.fromEntries(
        known.map(([name, value]) => [name, Array.isArray(value) ? JSON.stringify(value) : value]),
      ),
    }
    rows.set(id, next)
    tell('action.updated', next)
    return json(200, { action: next })
  }

  function approve(id: string, body: Fields): { status: number; body: unknown } {
    const row = rows.get(id)
    if (row === undefined) return json(404, { error: 'Action not found' })
    if (row['status'] !== 'pending_approval') return json(400, { error: 'Action is not pending approval' })
    const isAllowed = body['decision'] === 'allow'
    const next = {
      ...row,
      ...(isAllowed
        ? { status: 'running', approved_by: 'key_1', approved_at: new Date().toISOString() }
        : { status: 'failed', error_message: body['reasoning'] ?? 'Denied by human operator' }),
    }
    rows.set(id, next)
    tell('action.updated', next)
    return json(200, { success: true, action: next })
  }

  function list({ status, limit = '50', offset = '0' }: Readonly<Record<string, string>>): unknown {
    const found = [...rows.values()]
      .filter((row) => status === undefined || row['status'] === status)
      .toReversed()
    const from = Number(offset)
    return { actions: found.slice(from, from + Math.min(200, Number(limit))), total: found.length }
  }

  function hang(list: Fields[], idName: string, body: Fields): { status: number; body: unknown } {
    if (!rows.has(String(body['action_id']))) return json(404, { error: 'Parent action not found' })
    if (list.some((item) => item[idName] === body[idName])) return json(409, { error: `duplicate ${idName}` })
    list.push(body)
    return json(201, { [idName]: body[idName] })
  }

  function answer(request: Recorded): { status: number; body: unknown } | undefined {
    const { method, path, body = {}, query } = request
    const [, rowId] = /^\/api\/actions\/(act_[^/]+|no-[^/]+)$/.exec(path) ?? []
    const [, asked] = /^\/api\/actions\/([^/]+)\/approve$/.exec(path) ?? []
    if (method === 'POST' && path === '/api/actions') return create(body)
    if (method === 'GET' && path === '/api/actions') return json(200, list(query))
    if (method === 'GET' && rowId !== undefined) {
      const row = rows.get(rowId)
      return row === undefined
        ? json(404, { error: 'Action not found' })
        : json(200, { action: row, open_loops: [], assumptions: [] })
    }
    if (method === 'PATCH' && rowId !== undefined) return update(rowId, body)
    if (method === 'POST' && asked !== undefined) return approve(asked, body)
    if (method === 'POST' && path === '/api/guard') {
      if (isOld && !words.includes(String(body['action_type'])))
        return failed(['action_type must be one of the enum'])
      const decision = judge(body)
      evaluations.push({ ...body, ...decision })
      return json(
        isOld && ['block', 'require_approval'].includes(String(decision['decision'])) ? 403 : 200,
        decision,
      )
    }
    if (method === 'POST' && path === '/api/actions/loops') return hang(loops, 'loop_id', body)
    if (method === 'POST' && path === (isOld ? '/api/actions/assumptions' : '/api/assumptions'))
      return hang(assumptions, 'assumption_id', body)
    if (method === 'POST' && path === '/api/messages') {
      messages.push(body)
      return json(201, { message: body, message_id: `msg_${messages.length}` })
    }
    if (method === 'POST' && path === '/api/tokens' && isOld) {
      tokens.push(body)
      return json(201, { snapshot: body })
    }
    return undefined
  }

  const server = await startServer(async (request, response) => {
    await options.before?.(request)
    const fault = options.fault?.(request)
    if (fault !== undefined) {
      return { status: fault.status, headers: fault.headers ?? {}, body: { error: `HTTP ${fault.status}` } }
    }
    if (createHash('sha256').update(String(request.headers['x-api-key'])).digest('hex') !== keyHash)
      return { status: 401, body: { error: 'Unauthorized - Invalid or missing API key' } }
    if (request.path === '/api/stream') {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`event: connected\ndata: {"status":"ok"}\n\n`)
      streams.add(response)
      response.on('close', () => streams.delete(response))
      return undefined
    }
    return (
      answer(request) ?? { status: 404, headers: { 'content-type': 'text/html' }, body: '<html>404</html>' }
    )
  })
  return Object.assign(server, {
    rows,
    loops,
    assumptions,
    messages,
    tokens,
    evaluations,
    streams: () => streams.size,
    dropStreams() {
      for (const stream of streams) stream.destroy()
    },
  })
}

const keyHash = createHash('sha256').update('oc_live_0123456789abcdef0123456789abcdef').digest('hex')
