import { AIMessageChunk, HumanMessage } from '@langchain/core/messages'
import { createClient } from '@pincer/core'
import { type LocalGateway, localGateway, startLocalGateway } from '@pincer/local-gateway'
import { GatewayError, UnsupportedByGatewayError } from '@pincer/protocol'
import { createFakeGateway, eventually } from '@pincer/testing'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'

import { ChatClaw } from '../src/chat.ts'
import { type HangingModel, startHangingModel } from './hanging-model.ts'
import { scriptedGateway } from './scripted-gateway.ts'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close()
})

function open(options: Parameters<typeof localGateway>[0] = {}): LocalGateway {
  const gateway = localGateway({ databasePath: ':memory:', ...options })
  opened.push(gateway)
  return gateway
}

async function openHanging(): Promise<{ gateway: LocalGateway; model: HangingModel }> {
  const model = await startHangingModel()
  opened.push(model)
  return { model, gateway: open({ model: { baseUrl: model.baseUrl, name: 'hanging' } }) }
}

async function ended(gateway: LocalGateway, count = 1): Promise<readonly string[]> {
  return eventually(async () => {
    const { items } = await gateway.runs.list({ limit: 200 })
    return items.length >= count && items.every((run) => run.endedAt !== undefined)
      ? items.map((run) => run.status)
      : undefined
  })
}

/** Keeps what a handler of LangChain is told. */
function listener(): { readonly told: (readonly [string, unknown])[]; readonly callbacks: object[] } {
  const told: (readonly [string, unknown])[] = []
  const callbacks = [
    {
      handleLLMNewToken: (token: string) => void told.push(['token', token]),
      handleLLMEnd: () => void told.push(['end', undefined]),
      handleLLMError: (error: Error) => void told.push(['error', error.name]),
      handleCustomEvent: (name: string, data: unknown) => void told.push([name, data]),
    },
  ]
  return { told, callbacks }
}

describe('the run behind a chat model', () => {
  it('is cancelled when the signal is aborted', async () => {
    const { gateway, model } = await openHanging()
    const abort = new AbortController()
    const call = new ChatClaw({ gateway, agent: 'main' }).invoke('hello', { signal: abort.signal })
    const refused = expect(call).rejects.toThrow('the user left')
    await eventually(() => model.listening > 0 || undefined)
    abort.abort(new Error('the user left'))
    await refused
    expect(await ended(gateway)).toEqual(['cancelled'])
    await eventually(() => model.listening === 0 || undefined)
  })

  it('is cancelled at once when a reader leaves, though the model is silent', async () => {
    const { gateway, model } = await openHanging()
    const { told, callbacks } = listener()
    const stream = await new ChatClaw({ gateway, agent: 'main' }).stream('hello', { callbacks })
    for await (const chunk of stream) {
      expect(chunk.text).toBe('well')
      break
    }
    expect(await ended(gateway)).toEqual(['cancelled'])
    await eventually(() => model.listening === 0 || undefined)
    await eventually(() => told.some(([name]) => name === 'error') || undefined)
    expect(told.at(-1)).toEqual(['error', 'AbortError'])
  })

  it('is cancelled when what reads it is stopped in another way', async () => {
    const { gateway } = await openHanging()
    const chat = new ChatClaw({ gateway, agent: 'main' })
    for await (const _ of chat._streamResponseChunks([new HumanMessage('hello')], {})) break
    expect(await ended(gateway)).toEqual(['cancelled'])
  })

  it('is cancelled when the timeout of LangChain is over', async () => {
    const { gateway } = await openHanging()
    const call = new ChatClaw({ gateway, agent: 'main' }).invoke('hello', { timeout: 100 })
    await expect(call).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(await ended(gateway)).toEqual(['cancelled'])
  })

  it('times out on the gateway, and says so', async () => {
    const { gateway } = await openHanging()
    const call = new ChatClaw({ gateway, agent: 'main', timeoutMs: 100 }).invoke('hello')
    await expect(call).rejects.toMatchObject({
      name: 'GatewayError',
      gatewayCode: 'timed_out',
      status: 504,
      message: expect.stringContaining('timed out: the run took longer than 100 ms'),
    })
    expect(await ended(gateway)).toEqual(['timed_out'])
  })

  it('is an abort for the caller when somebody else cancels it', async () => {
    const hanging = await startHangingModel()
    opened.push(hanging)
    const served = await startLocalGateway({
      port: 0,
      databasePath: ':memory:',
      model: { baseUrl: hanging.baseUrl, name: 'hanging' },
    })
    opened.push(served)
    const gateway = localGateway({ url: served.url })
    opened.push(gateway)
    const call = new ChatClaw({ gateway, agent: 'main' }).invoke('hello').catch((error: unknown) => error)
    const runId = await eventually(async () => (await gateway.runs.list()).items[0]?.runId)
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ reason: 'lunch' })
    await fetch(`${served.url}/v1/runs/${runId}/cancel`, { method: 'POST', headers, body })
    expect(await call).toMatchObject({ name: 'AbortError', message: expect.stringContaining('lunch') })
  })

  it('fails with the status of what went wrong', async () => {
    const gateway = open()
    const { told, callbacks } = listener()
    const failed = new ChatClaw({ gateway, agent: 'main' }).invoke('[[error:400]]', { callbacks })
    await expect(failed).rejects.toMatchObject({ name: 'GatewayError', status: 400 })
    expect(told).toEqual([['error', 'GatewayError']])
    await expect(new ChatClaw({ gateway, agent: 'nobody' }).invoke('hello')).rejects.toMatchObject({
      status: 404,
      gatewayCode: 'unknown_agent',
    })
  })

  it('ends for other reasons than the end', async () => {
    const model = new ChatClaw({ gateway: open(), agent: 'main' })
    const short = await model.invoke('[[words:40]] [[length]]')
    expect(short.response_metadata['finish_reason']).toBe('length')
    const filtered = await model.invoke('[[filter]]')
    expect(filtered.response_metadata['finish_reason']).toBe('content_filter')
  })

  it('is a child of the run that is under way', async () => {
    const gateway = open()
    const claw = createClient({ gateway })
    const model = new ChatClaw({ claw, agent: 'main' })
    const { parentId, childId } = await claw.run({ name: 'report' }, async (run) => {
      const answer = await model.invoke('Say: done')
      return { parentId: run.runId, childId: answer.response_metadata['run_id'] }
    })
    await claw.flush()
    const tree = await gateway.runs.get(parentId)
    expect(tree?.children.map((child) => child.runId)).toEqual([childId])
  })

  it('is started again only where the gateway says so', async () => {
    const busy = new GatewayError('too many runs', { status: 503, retryable: true })
    const again = scriptedGateway(busy, { result: { text: 'at last' } })
    const answer = await new ChatClaw({ gateway: again, agent: 'main' }).invoke('hello')
    expect([answer.text, again.requests.length]).toEqual(['at last', 2])
    const broken = scriptedGateway(new GatewayError('no such thing', { status: 500 }), {})
    await expect(new ChatClaw({ gateway: broken, agent: 'main' }).invoke('hello')).rejects.toThrow('no such')
    expect(broken.requests).toHaveLength(1)
  })

  it('answers twenty at once, each its own', async () => {
    const model = new ChatClaw({ gateway: open(), agent: 'main' })
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        let merged: AIMessageChunk | undefined
        for await (const chunk of await model.stream(`Say: answer number ${index}`))
          merged = merged === undefined ? chunk : merged.concat(chunk)
        return merged
      }),
    )
    expect(answers.map((answer) => answer?.text)).toEqual(
      Array.from({ length: 20 }, (_, index) => `answer number ${index}`),
    )
    expect(new Set(answers.map((answer) => answer?.response_metadata['run_id'])).size).toBe(20)
  })

  it('leaves nothing unhandled behind readers who leave', async () => {
    const { gateway, model } = await openHanging()
    const faults: unknown[] = []
    const note = (fault: unknown): void => void faults.push(fault)
    process.on('unhandledRejection', note)
    onTestFinished(() => void process.off('unhandledRejection', note))
    const chat = new ChatClaw({ gateway, agent: 'main' })
    for (let index = 0; index < 10; index++) for await (const _ of await chat.stream('hello')) break
    expect(await ended(gateway, 10)).toEqual(Array.from({ length: 10 }, () => 'cancelled'))
    await eventually(() => model.listening === 0 || undefined)
    expect(faults).toEqual([])
  })
})

describe('a gateway without agents', () => {
  it('says so at the first use', async () => {
    const { agents: _agents, ...gateway } = createFakeGateway()
    const model = new ChatClaw({ gateway, agent: 'main' })
    const refusal = await model.invoke('hello').catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(UnsupportedByGatewayError)
    expect(refusal).toMatchObject({ gateway: 'fake', capability: 'agents' })
  })
})

describe('the options of a chat model', () => {
  it.each([
    [{ agent: 'main' }, /claw: expected a claw of createClient/],
    [{ gateway: {}, agent: 'main' }, /claw: expected/],
    [{ gateway: createFakeGateway(), agent: '' }, /agent: expected the id of an agent, found a string ""/],
    [{ gateway: createFakeGateway() }, /agent: expected the id of an agent, found nothing/],
    [{ gateway: createFakeGateway(), agent: 'main', timeoutMs: 0 }, /timeoutMs: expected a number greater/],
    [{ gateway: createFakeGateway(), agent: 'main', sessionKey: '' }, /sessionKey: expected the key/],
    [{ gateway: createFakeGateway(), agent: 'main', model: 7 }, /model: expected the name of a model/],
    [undefined, /claw: expected/],
  ])('are refused by name: %j', (options, message) => {
    // What no compiler has seen.
    expect(() => new ChatClaw(options as ConstructorParameters<typeof ChatClaw>[0])).toThrow(message)
  })

  it('are checked on calls too', async () => {
    const model = new ChatClaw({ gateway: scriptedGateway({}), agent: 'main' })
    await expect(model.invoke('hello', { timeoutMs: -1 })).rejects.toMatchObject({ code: 'invalid_option' })
    await expect(model.invoke('hello', { tool_choice: 'add' })).rejects.toThrow(/tool_choice: expected/)
  })
})
