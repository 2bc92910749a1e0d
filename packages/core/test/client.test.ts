import {
  type AgentRunRequest,
  type Gateway,
  type GatewayRun,
  UnsupportedByGatewayError,
} from '@pincer/protocol'
import { describe, expect, test } from 'vitest'
import { type Claw, type ClientOptions, createClient, isAbort } from '../src/index.ts'
import { FakeGateway } from './fake-gateway.ts'
import { recorded } from './recorded.ts'

describe('run', () => {
  test('ends with what the work returns', async () => {
    const { claw, deliver } = recorded()
    await expect(claw.run({ name: 'n', input: 1 }, () => Promise.resolve({ a: 1 }))).resolves.toEqual({
      a: 1,
    })
    await expect(claw.run({}, () => 'sync')).resolves.toBe('sync')
    const gateway = await deliver()
    expect(gateway.of('run.completed').map(({ data }) => data.output)).toEqual([{ a: 1 }, 'sync'])
  })

  test.each([
    ['rejects', () => Promise.reject(new RangeError('no'))],
    [
      'throws',
      () => {
        throw new RangeError('no')
      },
    ],
  ])('fails where the work %s, which the caller still sees', async (_, work) => {
    const { claw, deliver } = recorded()
    await expect(claw.run({}, work)).rejects.toThrow('no')
    expect((await deliver()).one('run.failed').data.error).toEqual({ name: 'RangeError', message: 'no' })
  })

  test('is cancelled where the work is aborted', async () => {
    const { claw, deliver } = recorded()
    const work = claw.run({}, () => Promise.reject(new DOMException('stop', 'AbortError')))
    await expect(work).rejects.toThrow('stop')
    expect((await deliver()).types).toEqual(['run.started', 'run.cancelled'])
  })

  test('leaves an end that the work made', async () => {
    const { claw, deliver } = recorded()
    await claw.run({}, (run) => run.cancel('changed my mind'))
    expect((await deliver()).types).toEqual(['run.started', 'run.cancelled'])
    expect(claw.stats().lateEnds).toBe(0)
  })
})

describe('agents', () => {
  const requests: AgentRunRequest[] = []
  const made = { runId: 'r' } as GatewayRun
  const gateway: Gateway = {
    name: 'g',
    agents: {
      takes: [],
      list: () => Promise.resolve([]),
      get: () => Promise.resolve(undefined),
      run: (request) => {
        requests.push(request)
        return Promise.resolve(made)
      },
    },
    close: () => Promise.resolve(),
  }

  test('run on the gateway', async () => {
    const agent = createClient({ gateway }).agents('main')
    await expect(agent.run('hello')).resolves.toBe(made)
    await agent.run({ input: 'again', sessionKey: 's', timeoutMs: 5 })
    expect(requests).toEqual([
      { agentId: 'main', input: 'hello' },
      { agentId: 'main', input: 'again', sessionKey: 's', timeoutMs: 5 },
    ])
  })

  test('are refused by a gateway that has none', async () => {
    const refusal = await createClient({ gateway: new FakeGateway() })
      .agents('main')
      .run('hello')
      .catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(UnsupportedByGatewayError)
    expect(refusal).toMatchObject({ gateway: 'fake', capability: 'agents' })
  })
})

describe('options', () => {
  const gateway = new FakeGateway()
  const message = (options: unknown): string => {
    try {
      createClient(options as ClientOptions)
      return 'accepted'
    } catch (error) {
      expect(error).toMatchObject({ name: 'PincerError', code: 'invalid_option' })
      return (error as Error).message
    }
  }

  test.each<[unknown, string]>([
    [undefined, 'createClient: options must be an object such as { gateway: localGateway() }, found nothing'],
    [
      new FakeGateway(),
      'createClient: options must be an object such as { gateway: localGateway() }, found an object',
    ],
    [
      { gateway, guard: 'enforce' },
      `createClient: guard must be an object such as { mode: 'enforce' }, found a string "enforce"`,
    ],
    [
      { gateway, guard: { Mode: 'enforce' } },
      'createClient: guard.Mode is no option, did you mean "mode"?; guard takes mode, fail, timeoutMs, approvalTimeoutMs',
    ],
    [
      { gateway, outbox: new FakeGateway() },
      'createClient: outbox must be an object such as { store: sqliteOutbox({ path }) }, found an object',
    ],
    [
      { gateway, outbox: { store: './outbox.sqlite' } },
      'createClient: outbox.store must be a store such as sqliteOutbox({ path }), found a string "./outbox.sqlite"',
    ],
    [
      { gateway, redact: true },
      'createClient: redact must be an object such as { emails: true }, or false, found the boolean true',
    ],
    [{ gateway, redact: { keys: 'ssn' } }, 'createClient: redact.keys must be a list, found a string "ssn"'],
    [
      { gateway, recordInputs: 'false' },
      'createClient: recordInputs must be a boolean, found a string "false"',
    ],
    [{ gateway, onError: {} }, 'createClient: onError must be a function, found an object'],
    [{ gateway, guard: null, outbox: undefined, redact: false }, 'accepted'],
    [Object.assign(Object.create(null) as object, { gateway }), 'accepted'],
    [{}, 'createClient: gateway must be a gateway such as localGateway(), found nothing'],
    [
      { gateway: 'http://x' },
      'createClient: gateway must be a gateway such as localGateway(), found a string "http://x"',
    ],
    [{ gateway: {} }, 'createClient: gateway must be a gateway such as localGateway(), found an object'],
    [
      { gateway, sample: 2 },
      'createClient: sample must be a number from 0 to 1 or a function, found the number 2',
    ],
    [
      { gateway, sample: Number.NaN },
      'createClient: sample must be a number from 0 to 1 or a function, found the number NaN',
    ],
    [
      { gateway, sample: '1' },
      'createClient: sample must be a number from 0 to 1 or a function, found a string "1"',
    ],
    [
      { gateway, guard: { mode: 'on' } },
      'createClient: guard.mode must be observe or enforce, found a string "on"',
    ],
    [
      { gateway, guard: { fail: true } },
      'createClient: guard.fail must be open or closed, found the boolean true',
    ],
    [
      { gateway, guard: { timeoutMs: 0 } },
      'createClient: guard.timeoutMs must be a number greater than zero, found the number 0',
    ],
    [
      { gateway, outbox: { maxEvents: -1 } },
      'createClient: outbox.maxEvents must be a number greater than zero, found the number -1',
    ],
    [
      { gateway, outbox: { maxEvents: 1.5 } },
      'createClient: outbox.maxEvents must be a whole number, found the number 1.5',
    ],
    [
      { gateway, outbox: { maxBatchEvents: Infinity } },
      'createClient: outbox.maxBatchEvents must be a whole number, found the number Infinity',
    ],
    [
      { gateway, outbox: { intervalMs: '200' } },
      'createClient: outbox.intervalMs must be a number greater than zero, found a string "200"',
    ],
    [{ gateway, maxOpen: null }, 'accepted'],
    [
      { gateway, maxTextLength: Number.NaN },
      'createClient: maxTextLength must be a number greater than zero, found the number NaN',
    ],
    [
      { gateway, idleTimeoutMs: [] },
      'createClient: idleTimeoutMs must be a number greater than zero, found an array of 0',
    ],
    [{ gateway, outbox: { maxMs: 0.5, baseMs: Infinity }, sample: 0 }, 'accepted'],
    [{ gateway }, 'accepted'],
  ])('%#: what is wrong is named', (options, expected) => {
    expect(message(options)).toBe(expected)
  })
})

test.each([
  [
    { smaple: 0.5 },
    /^createClient: smaple is no option, did you mean "sample"\?; createClient takes gateway, /,
  ],
  [{ onEror: () => {} }, /onEror is no option, did you mean "onError"\?/],
  [{ outbox: { path: 'x' } }, /outbox\.path is no option; outbox takes store, maxEvents, /],
  [{ guards: {} }, /guards is no option, did you mean "guard"\?/],
  [{ toString: 1 }, /toString is no option; /],
  [{ redact: { email: true } }, /redact\.email is no option, did you mean "emails"\?/],
])('an unknown option is refused, with what was probably meant: %j', (options, expected) => {
  const unchecked: object = { gateway: new FakeGateway(), ...options }
  expect(() => createClient(unchecked as ClientOptions)).toThrow(expected)
})

describe('recording', () => {
  const nothing = undefined as never

  test('goes on under the name unknown where names are missing, and tells of it', async () => {
    const told: string[] = []
    const { claw, deliver } = recorded({ onError: (error, where) => told.push(`${where}: ${String(error)}`) })
    claw.startModelCall(nothing).end()
    claw.startModelCall({ provider: 'p' } as never).end()
    claw.startToolCall(null as never).end()
    claw.startRetrieval({ name: 42 } as never).end()
    const run = claw.startRun(null as never)
    run.startToolCall(nothing).end()
    run.end()
    const gateway = await deliver()
    expect(gateway.refused).toEqual([])
    expect(gateway.of('model.call.started').map(({ data }) => [data.provider, data.model])).toEqual([
      ['unknown', 'unknown'],
      ['p', 'unknown'],
    ])
    expect(gateway.of('tool.call.started').map(({ data }) => data.name)).toEqual(['unknown', 'unknown'])
    expect(gateway.one('retrieval.started').data.name).toBe('unknown')
    expect(told).toEqual([
      'startModelCall: PincerError: startModelCall: provider must be a name, found nothing',
      'startModelCall: PincerError: startModelCall: model must be a name, found nothing',
      'startModelCall: PincerError: startModelCall: model must be a name, found nothing',
      'startToolCall: PincerError: startToolCall: name must be a name, found nothing',
      'startRetrieval: PincerError: startRetrieval: name must be a name, found the number 42',
      'startToolCall: PincerError: startToolCall: name must be a name, found nothing',
    ])
  })

  test('a run without work is refused', async () => {
    const { claw } = recorded()
    await expect(claw.run((() => 1) as never, nothing)).rejects.toMatchObject({ code: 'invalid_option' })
    expect(claw.stats().open).toBe(0)
  })
})

test('a block that holds the client closes it', async () => {
  const gateway = new FakeGateway()
  {
    await using claw = createClient({ gateway })
    claw.startRun().end()
  }
  expect(gateway.types).toEqual(['run.started', 'run.completed'])
  expect(gateway.closed).toBe(1)
})

describe('report', () => {
  test('tells onError, and never throws', async () => {
    const seen: unknown[] = []
    createClient({ gateway: new FakeGateway(), onError: (...told) => seen.push(told) }).report(
      'fault',
      'adapter',
    )
    expect(seen).toEqual([['fault', 'adapter']])
    const throwing = createClient({
      gateway: new FakeGateway(),
      onError: () => {
        throw new Error('host')
      },
    })
    expect(() => throwing.report('fault', 'adapter')).not.toThrow()
    createClient({ gateway: new FakeGateway() }).report('fault', 'nobody listens')
    createClient({
      gateway: new FakeGateway(),
      onError: () => Promise.reject(new Error('host')) as unknown as undefined,
    }).report('fault', 'adapter')
  })
})

test.each([
  [new DOMException('x', 'AbortError'), true],
  [Object.assign(new Error('x'), { name: 'AbortError' }), true],
  [{ name: 'AbortError' }, true],
  [new DOMException('x', 'TimeoutError'), false],
  [new Error('aborted'), false],
  [undefined, false],
  ['AbortError', false],
])('isAbort tells an abort from a failure: %s', (value, expected) => {
  expect(isAbort(value)).toBe(expected)
})

test('the gateway stays at hand', () => {
  const gateway = new FakeGateway()
  const claw = createClient({ gateway })
  expect(claw.gateway).toBe(gateway)
  // Its type stays too: what every gateway of this class has needs no question mark.
  expect(claw.gateway.kept.length).toBe(0)
  const plain: Claw = claw
  expect(plain.gateway).toBe(gateway)
})
