import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { DashClawError, QuotaError, SignatureError } from '../src/index.ts'
import { key, makeClaw, rejection } from './make-claw.ts'
import { startServer } from './recording-server.ts'

describe('repeats', () => {
  test.each([429, 502, 503, 504])('a GET is sent again after %i', async (status) => {
    await using server = await startServer(() =>
      server.requests.length === 1
        ? { status, headers: { 'retry-after': '0' }, body: {} }
        : { body: { ok: 1 } },
    )
    expect(await makeClaw(server.url).getSignals()).toEqual({ ok: 1 })
    expect(server.requests).toHaveLength(2)
  })

  test.each([400, 401, 404, 409, 500])('nothing is sent again after %i', async (status) => {
    await using server = await startServer(() => ({ status, body: { error: 'no' } }))
    const error = await rejection(makeClaw(server.url).getSignals())
    expect(error).toMatchObject({ status, attempts: 1 })
    expect(server.requests).toHaveLength(1)
  })

  test('a decision is not sent twice', async () => {
    await using server = await startServer(() => ({ status: 503, body: { error: 'later', code: 'RETRY' } }))
    const error = await rejection(makeClaw(server.url).approveAction('act_1', 'allow'))
    expect(error).toMatchObject({ status: 503, gatewayCode: 'RETRY', retryable: true, attempts: 1 })
  })

  test('a decision whose answer got lost is not sent again', async () => {
    await using server = await startServer((_, response) => {
      response.destroy()
      return undefined
    })
    const error = await rejection(makeClaw(server.url).approveAction('act_1', 'allow'))
    expect(error).toMatchObject({ gatewayCode: 'unreachable', retryable: true, attempts: 1 })
    expect(server.requests).toHaveLength(1)
  })

  test('an answer that breaks off is asked for again', async () => {
    await using server = await startServer((_, response) => {
      if (server.requests.length > 1) return { body: { actions: [] } }
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
      response.write('{"actions":')
      setImmediate(() => response.destroy())
      return undefined
    })
    expect(await makeClaw(server.url).getActions()).toEqual({ actions: [] })
    expect(server.requests).toHaveLength(2)
  })

  test('what never left is sent again, whatever it is', async () => {
    const closed = createServer()
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
    const { port } = closed.address() as AddressInfo
    await new Promise((resolve) => closed.close(resolve))
    const claw = makeClaw(`http://127.0.0.1:${port}`, { retries: 2 })
    const error = await rejection(claw.approveAction('act_1', 'allow'))
    expect(error).toMatchObject({
      gatewayCode: 'unreachable',
      retryable: true,
      attempts: 3,
      status: undefined,
    })
    expect(String(error)).toContain('ECONNREFUSED')
  })

  test('a wait that does not fit into the call is told, not waited for', async () => {
    await using server = await startServer(() => ({
      status: 429,
      headers: { 'retry-after': '60' },
      body: { error: 'Rate limit exceeded. Please slow down.' },
    }))
    const start = performance.now()
    const error = await rejection(makeClaw(server.url).getSignals())
    expect(performance.now() - start).toBeLessThan(1000)
    expect(error).toMatchObject({ status: 429, retryAfterMs: 60_000, retryable: true, attempts: 1 })
  })

  test('`retries: 0` sends once', async () => {
    await using server = await startServer(() => ({ status: 503, body: {} }))
    await rejection(makeClaw(server.url, { retries: 0 }).getSignals())
    expect(server.requests).toHaveLength(1)
  })
})

describe('time', () => {
  test('a silent server is given up', async () => {
    await using server = await startServer(() => undefined)
    const error = await rejection(makeClaw(server.url).getAction('act_1', { timeoutMs: 50 }))
    expect(error).toMatchObject({ gatewayCode: 'timeout', retryable: true })
    expect(String(error)).toContain('getAction: no answer within 50 ms')
  })

  test('an answer that never ends is given up', async () => {
    await using server = await startServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{')
      return undefined
    })
    expect(await rejection(makeClaw(server.url).getAction('act_1', { timeoutMs: 50 }))).toMatchObject({
      gatewayCode: 'timeout',
    })
  })

  test('a signal ends the call with its own reason, before and meanwhile', async () => {
    await using server = await startServer(() => undefined)
    const claw = makeClaw(server.url)
    const reason = new Error('enough')
    expect(await rejection(claw.getSignals({}, { signal: AbortSignal.abort(reason) }))).toBe(reason)
    expect(server.requests).toHaveLength(0)
    const stop = new AbortController()
    const call = rejection(claw.getSignals({}, { signal: stop.signal }))
    stop.abort(reason)
    expect(await call).toBe(reason)
  })

  test('a signal ends the pause before a repeat', async () => {
    await using server = await startServer(() => ({ status: 503, headers: { 'retry-after': '4' }, body: {} }))
    const stop = new AbortController()
    const call = rejection(makeClaw(server.url).getSignals({}, { signal: stop.signal }))
    while (server.requests.length === 0) await new Promise((resolve) => setImmediate(resolve))
    stop.abort(new Error('enough'))
    expect(String(await call)).toContain('enough')
  })
})

describe('answers', () => {
  test('a redirect is not followed, and the key goes nowhere', async () => {
    await using other = await startServer()
    await using server = await startServer(() => ({
      status: 307,
      headers: { location: `${other.url}/api/actions/signals` },
      body: {},
    }))
    const error = await rejection(makeClaw(server.url).getSignals())
    expect(String(error)).toContain('a redirect, which is not followed')
    expect(other.requests).toEqual([])
  })

  test('a page instead of JSON is no answer', async () => {
    await using server = await startServer(() => ({ body: '<html>hello</html>' }))
    const error = await rejection(makeClaw(server.url).getSignals())
    expect(error).toBeInstanceOf(DashClawError)
    expect(String(error)).toContain('the answer is not JSON; check that `baseUrl` is a DashClaw server')
  })

  test('a route that the server does not have is named', async () => {
    await using server = await startServer(() => ({ status: 404, body: '<html>no such page</html>' }))
    const error = await rejection(makeClaw(server.url).getActionGraph('act_1'))
    expect(String(error)).toContain('/api/actions/act_1/graph: this server does not offer getActionGraph')
  })

  test('an answer without an end to its size is refused', async () => {
    const piece = Buffer.alloc(1024 * 1024, 'x')
    await using server = await startServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const more = (): void => {
        while (!response.destroyed && response.write(piece));
        if (!response.destroyed) response.once('drain', more)
      }
      more()
      return undefined
    })
    const error = await rejection(makeClaw(server.url, { timeoutMs: 20_000 }).getSignals())
    expect(String(error)).toContain('the answer is longer than')
  })

  test.each(['{"a":{"__proto__":{"bad":1}}}', '{"a":{"\\u005f_proto__":{"bad":1}}}'])(
    'no answer reaches a prototype: %s',
    async (text) => {
      await using server = await startServer(() => ({ body: text }))
      const answer = (await makeClaw(server.url).getSignals()) as unknown as { a: object }
      expect(Object.keys(answer.a)).toEqual([])
      expect(Object.assign({}, answer.a)).not.toHaveProperty('bad')
    },
  )
})

describe('errors', () => {
  test('tell what was wrong, by field', async () => {
    await using server = await startServer(() => ({
      status: 400,
      body: { error: 'Validation failed', details: ['limit must be a number'] },
    }))
    const error = await rejection(makeClaw(server.url).getActions({ status: 'running' }))
    expect(error).toMatchObject({
      status: 400,
      code: 'gateway',
      details: ['limit must be a number'],
      answer: { error: 'Validation failed', details: ['limit must be a number'] },
      request: { verb: 'GET', path: '/api/actions' },
    })
    expect(String(error)).toContain('getActions: Validation failed (limit must be a number)')
  })

  test('a used-up quota and a missing signature have classes of their own', async () => {
    await using server = await startServer(({ path }) =>
      path.endsWith('signals')
        ? { status: 402, body: { error: 'over', code: 'QUOTA_EXCEEDED', usage: 101, limit: 100 } }
        : { status: 401, body: { error: 'signature', code: 'SIGNATURE_REQUIRED' } },
    )
    const claw = makeClaw(server.url)
    const quota = await rejection(claw.getSignals())
    expect(quota).toBeInstanceOf(QuotaError)
    expect(quota).toMatchObject({ usage: 101, limit: 100, gatewayCode: 'QUOTA_EXCEEDED' })
    const signature = await rejection(claw.createAction({ action_type: 'x', declared_goal: 'y' }))
    expect(signature).toBeInstanceOf(SignatureError)
    expect(String(signature)).toContain("give the client the agent's `privateKey`")
  })

  test('never hold the key, even where the server tells it back', async () => {
    await using server = await startServer(({ headers }) => ({
      status: 400,
      body: { error: `bad key ${String(headers['x-api-key'])}`, details: [headers['x-api-key']] },
    }))
    const claw = makeClaw(server.url)
    const told = await rejection(claw.getSignals())
    server.dropConnections()
    await server[Symbol.asyncDispose]()
    const unreachable = await rejection(makeClaw(server.url, { retries: 0 }).getSignals())
    for (const error of [told, unreachable]) {
      expect(error).toBeInstanceOf(DashClawError)
      expect(inspect(error, { depth: 12, showHidden: true })).not.toContain(key)
    }
    expect(String(told)).toContain('bad key [apiKey]')
  })
})

describe('arguments', () => {
  test.each<[string, (claw: ReturnType<typeof makeClaw>) => Promise<unknown>, string]>([
    ['an empty id', (claw) => claw.getAction(''), 'getAction: action_id: expected an id'],
    ['an id that climbs', (claw) => claw.getAction('..'), 'getAction: action_id: expected an id'],
    ['an id without end', (claw) => claw.getAction('x'.repeat(300)), 'getAction: action_id: expected an id'],
    [
      'no decision',
      (claw) => claw.approveAction('act_1', undefined as never),
      'approveAction: decision: expected a value',
    ],
    [
      'a text for an object',
      (claw) => claw.getActions('running' as never),
      'getActions: filters: expected an object',
    ],
    [
      'an object in the query',
      (claw) => claw.getActions({ status: {} as never }),
      'getActions: status: expected a text',
    ],
    [
      'options that are none',
      (claw) => claw.getAction('act_1', 5 as never),
      'getAction: options: expected an object such as',
    ],
    [
      'a time below 0',
      (claw) => claw.getAction('act_1', { timeoutMs: -1 }),
      'getAction: timeoutMs: expected milliseconds',
    ],
    [
      'a type that is too long',
      (claw) => claw.guard({ action_type: 'x'.repeat(129) }),
      'guard: action_type: expected at most 128',
    ],
    [
      'a goal the guard would not see',
      (claw) => claw.guard({ action_type: 'x', declared_goal: 'y'.repeat(2001) }),
      'at most 2000',
    ],
    [
      'a circle',
      (claw) => {
        const circle: Record<string, unknown> = {}
        circle['self'] = circle
        return claw.heartbeat('online', circle)
      },
      'heartbeat: expected values that JSON can hold',
    ],
  ])('%s is refused before anything is sent', async (_, call, message) => {
    await using server = await startServer()
    expect(String(await rejection(call(makeClaw(server.url))))).toContain(message)
    expect(server.requests).toEqual([])
  })

  test('an id stays one segment of the path', async () => {
    await using server = await startServer()
    await makeClaw(server.url).getAction('a/../b?c=d#e')
    expect(server.requests[0]?.path).toBe('/api/actions/a%2F..%2Fb%3Fc%3Dd%23e')
  })

  test('what is undefined is not sent', async () => {
    await using server = await startServer()
    await makeClaw(server.url).getActions({ status: undefined as never, limit: 5 })
    expect(server.requests[0]?.query).toEqual({ limit: '5' })
  })

  test('texts over the limit are cut with a mark, lists too', async () => {
    await using server = await startServer()
    const long = `${'x'.repeat(1972)}${'😀'.repeat(30)}`
    await makeClaw(server.url).updateOutcome('act_1', {
      output_summary: 'y'.repeat(5000),
      side_effects: Array.from({ length: 60 }, (_, index) => `effect ${index}`),
    })
    await makeClaw(server.url).registerOpenLoop('act_1', 'followup', long)
    const [outcome, loop] = server.requests
    const summary = String(outcome?.body?.['output_summary'])
    expect(summary).toHaveLength(4000)
    expect(summary).toMatch(/… \[cut, 5000 characters\]$/)
    const effects = outcome?.body?.['side_effects'] as string[]
    expect(effects).toHaveLength(50)
    expect(effects.at(-1)).toBe('[11 more]')
    const description = String(loop?.body?.['description'])
    expect(description.isWellFormed()).toBe(true)
    expect(description.length).toBeLessThanOrEqual(2000)
  })
})
