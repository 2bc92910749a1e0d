import { afterEach, describe, expect, it } from 'vitest'
import { OpenClaw } from '../src/index.ts'
import { type Answer, ClientTransport, Refusal } from './client-transport.ts'

describe('oc.environments', () => {
  const transport = new ClientTransport(['environments-tasks'])
  const oc = new OpenClaw({ transport })
  afterEach(() => transport.sent.splice(0))

  it('list and status', async () => {
    const { environments } = await oc.environments.list()
    expect(environments[0]).toMatchObject({ id: 'gateway', type: 'local', status: 'available' })
    expect(await oc.environments.status(environments[0].id)).toEqual(environments[0])
    expect(transport.calls).toEqual([
      ['environments.list', {}],
      ['environments.status', { environmentId: 'gateway' }],
    ])
  })

  it('create without a profile: unsupported, before anything is sent', async () => {
    await expect(oc.environments.create({})).rejects.toMatchObject({
      name: 'UnsupportedByGatewayError',
      gateway: 'openclaw',
    })
    await expect(oc.environments.create({ profileId: '' })).rejects.toMatchObject({ status: 400 })
    expect(transport.sent).toEqual([])
  })

  it('create with a profile: environments.create under a key of its own', async () => {
    const made = new ClientTransport([], {
      'environments.create': () => ({ id: 'worker-1', type: 'worker', status: 'starting' }),
    })
    const client = new OpenClaw({ transport: made })
    expect((await client.environments.create({ profileId: 'small' })).id).toBe('worker-1')
    await client.environments.create({ profileId: 'small', idempotencyKey: 'mine' })
    expect(made.calls).toEqual([
      ['environments.create', { profileId: 'small', idempotencyKey: expect.stringMatching(/^[\w-]{36}$/) }],
      ['environments.create', { profileId: 'small', idempotencyKey: 'mine' }],
    ])
  })

  it('delete: environments.destroy', async () => {
    await expect(oc.environments.delete('ghost')).rejects.toThrow('Unknown worker environment: ghost')
    expect(transport.calls).toEqual([['environments.destroy', { environmentId: 'ghost' }]])
  })

  it('an empty id is refused before anything is sent', async () => {
    await expect(oc.environments.status('')).rejects.toMatchObject({ status: 400 })
    await expect(oc.environments.delete('')).rejects.toMatchObject({ status: 400 })
    expect(transport.sent).toEqual([])
  })

  it('a Gateway that does not even list itself is an error', async () => {
    const empty = new ClientTransport([], { 'environments.list': () => ({ environments: [] }) })
    await expect(new OpenClaw({ transport: empty }).environments.list()).rejects.toThrow('not even itself')
  })
})

describe('oc.tasks', () => {
  const transport = new ClientTransport(['environments-tasks'])
  const oc = new OpenClaw({ transport })
  const taskId = '3b46eee2-c516-4983-b4c3-3b616d0f2c1a'
  afterEach(() => transport.sent.splice(0))

  it('list, get and cancel', async () => {
    expect((await oc.tasks.list({ status: 'running' })).tasks[0]?.id).toBe(taskId)
    await oc.tasks.list({ sessionKey: 'task1' })
    expect((await oc.tasks.get(taskId)).task.runId).toBe('6c7a0987-f141-4382-8142-7db5c09d3e78')
    expect(await oc.tasks.cancel(taskId, { reason: 'kit' })).toMatchObject({ found: true, cancelled: true })
    expect(transport.calls).toEqual([
      ['tasks.list', { status: 'running' }],
      ['tasks.list', { sessionKey: 'agent:main:task1' }],
      ['tasks.get', { taskId }],
      ['tasks.cancel', { taskId, reason: 'kit' }],
    ])
  })

  it('cancel of a task that is not there is an answer', async () => {
    expect(await oc.tasks.cancel('ghost')).toEqual({
      found: false,
      cancelled: false,
      reason: 'Task not found.',
    })
  })

  it('an empty id is refused before anything is sent', async () => {
    await expect(oc.tasks.get('')).rejects.toMatchObject({ status: 400 })
    await expect(oc.tasks.cancel('')).rejects.toMatchObject({ status: 400 })
    expect(transport.sent).toEqual([])
  })
})

describe('oc.questions', () => {
  const id = '3b010665-c07b-4fa5-932b-af043ce6410f'
  const questions = [
    {
      questionId: 'q1',
      header: 'Env',
      question: 'Which environment?',
      options: [{ label: 'prod' }, { label: 'dev' }],
    },
  ]
  const connect = (answers: Readonly<Record<string, Answer>> = {}) => {
    const transport = new ClientTransport(['questions'], answers)
    return { transport, oc: new OpenClaw({ transport }) }
  }

  it('request, list and wait', async () => {
    const { transport, oc } = connect()
    const asked = await oc.questions.request({ questions, sessionKey: 'main', timeoutMs: 15_000 })
    expect(asked).toMatchObject({ id, expiresAt: 1_795_174_894_675 })
    expect((await oc.questions.list()).questions[0]?.id).toBe(id)
    expect(await asked.wait()).toEqual({ status: 'answered', answers: { q1: ['dev'] } })
    expect(transport.calls).toEqual([
      ['question.request', { questions, sessionKey: 'agent:main:main', timeoutMs: 15_000 }],
      ['question.list', {}],
      ['question.waitAnswer', { id }],
    ])
    expect(transport.sent[2]?.options?.timeoutMs).toBeNull()
  })

  it.each([
    ['by question', { q1: 'dev' }],
    ['as a list by question', { q1: ['dev'] }],
    ['alone', 'dev'],
    ['as a list alone', ['dev']],
  ] as const)('answer: %s, nested as the Gateway wants it', async (_name, answer) => {
    const { transport, oc } = connect({ 'question.get': () => ({ question: { id, questions } }) })
    expect(await oc.questions.answer(id, answer)).toEqual({ status: 'answered', answers: { q1: ['dev'] } })
    expect(transport.last('question.resolve')).toEqual({ id, answers: { answers: { q1: ['dev'] } } })
  })

  it('answer: alone does not do for several questions', async () => {
    const two = [questions[0], { ...questions[0], questionId: 'q2' }]
    const { transport, oc } = connect({ 'question.get': () => ({ question: { id, questions: two } }) })
    await expect(oc.questions.answer(id, 'dev')).rejects.toThrow('an answer for each of q1, q2')
    await expect(oc.questions.answer(id, null as never)).rejects.toMatchObject({ status: 400 })
    expect(transport.calls).toEqual([['question.get', { id }]])
  })

  it('answer: the name of a question never reaches a prototype', async () => {
    const { transport, oc } = connect({
      'question.get': () => ({ question: { id, questions: [{ ...questions[0], questionId: '__proto__' }] } }),
    })
    await oc.questions.answer(id, 'dev')
    const sent = transport.last('question.resolve') as { answers: { answers: object } }
    expect(Object.getOwnPropertyNames(sent.answers.answers)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(sent.answers.answers)).toBe(Object.prototype)
  })

  it('cancel', async () => {
    const { transport, oc } = connect({ 'question.resolve': () => ({ status: 'cancelled' }) })
    expect(await oc.questions.cancel(id)).toEqual({ status: 'cancelled' })
    expect(transport.calls).toEqual([['question.resolve', { id, cancel: true }]])
  })

  it('wait: the deadline goes to the Gateway, and a lost connection is waited through', async () => {
    const { transport, oc } = connect({
      'question.waitAnswer': (_params, count) => {
        if (count === 0) throw new Error('gateway closed (1006): ')
        return { status: 'pending' }
      },
    })
    expect(await oc.questions.wait(id, { timeoutMs: 500 })).toEqual({ status: 'pending' })
    expect(transport.sent.map(({ params }) => params)).toEqual([
      { id, timeoutMs: 500 },
      { id, timeoutMs: expect.any(Number) },
    ])
  })

  it('wait: a question that a restart of the Gateway forgot is cancelled, one that never was is 404', async () => {
    const unknown = new Refusal(`question '${id}' was not found`, { reason: 'QUESTION_NOT_FOUND' })
    const answer: Answer = (_params, count) => {
      throw count === 0 ? new Error('gateway closed (1006): ') : unknown
    }
    const { oc } = connect({ 'question.waitAnswer': answer })
    expect(await oc.questions.wait(id)).toEqual({ status: 'cancelled' })
    await expect(oc.questions.wait(id)).rejects.toMatchObject({ status: 404 })
  })

  it('an empty id is refused before anything is sent', async () => {
    const { transport, oc } = connect()
    for (const call of [
      () => oc.questions.get(''),
      () => oc.questions.answer('', 'x'),
      () => oc.questions.wait(''),
      () => oc.questions.cancel(''),
    ]) {
      await expect(call()).rejects.toMatchObject({ status: 400 })
    }
    expect(transport.sent).toEqual([])
  })
})
