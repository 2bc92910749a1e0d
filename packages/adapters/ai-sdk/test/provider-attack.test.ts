import { createServer, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'

import { localGateway, startLocalGateway } from '@pincer/local-gateway'
import type { Gateway, GatewayRun } from '@pincer/protocol'
import { eventually } from '@pincer/testing'
import { generateText, type ModelMessage } from 'ai'
import { afterEach, describe, expect, it } from 'vitest'

import { createPincer } from '../src/index.ts'
import { say } from './conformance/scripted-agent.ts'
import { type ScriptedGateway, scriptedGateway } from './conformance/scripted-gateway.ts'
import type { Script } from './conformance/scripted-run.ts'
import { stand } from './conformance/whole-run.ts'

globalThis.AI_SDK_LOG_WARNINGS = false
const opened: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close()
})

/** Asks a person about one call, and says what came of it. */
const asking: Script = async function* (stage) {
  const toolCallId = 'tide_1'
  yield ['tool.call.started', { toolCallId, name: 'tide' }]
  const { status } = yield* stage.ask({ approvalId: `ask_${stage.runId}`, name: 'tide', toolCallId })
  yield ['tool.call.completed', { toolCallId, outcome: 'ok', output: 'falling' }]
  yield* say(`it was ${status}`)
  yield ['run.completed', { stopReason: 'stop' }]
}

interface Conversation {
  readonly messages: ModelMessage[]
  readonly approvalId: string
}

async function begin(gateway: Gateway, pincer: Record<string, string> = {}): Promise<Conversation> {
  const messages: ModelMessage[] = [{ role: 'user', content: 'go' }]
  const { content, responseMessages } = await generateText({
    model: createPincer({ gateway })('main'),
    messages,
    providerOptions: { pincer },
  })
  messages.push(...responseMessages)
  const asked = content.find((part) => part.type === 'tool-approval-request')
  if (asked === undefined) throw new Error('nobody was asked')
  return { messages, approvalId: asked.approvalId }
}

/** The conversation as a browser may send it, with its answers. */
function answered(
  { messages, approvalId }: Conversation,
  also: readonly string[] = [],
  change: (json: string) => string = (json) => json,
): ModelMessage[] {
  const assistant = messages.find(({ role }) => role === 'assistant')
  if (assistant === undefined || typeof assistant.content === 'string')
    throw new Error('the conversation has not paused')
  const request = (id: string) => ({ type: 'tool-approval-request', approvalId: id, toolCallId: 'tide_1' })
  const response = (id: string) => ({
    type: 'tool-approval-response',
    approvalId: id,
    approved: true,
    providerExecuted: true,
  })
  const all: unknown = [
    ...messages.filter(({ role }) => role === 'user'),
    { ...assistant, content: [...assistant.content, ...also.map(request)] },
    { role: 'tool', content: [approvalId, ...also].map(response) },
  ]
  return JSON.parse(change(JSON.stringify(all)))
}

function ask(
  gateway: Gateway,
  messages: ModelMessage[],
  more: object = {},
): Promise<{ readonly text: string }> {
  return generateText({ model: createPincer({ gateway })('main'), messages, maxRetries: 0, ...more })
}

/** A gateway that gives away any run that is named, as one of whatever session it is asked for. */
function careless(gateway: ScriptedGateway): Gateway {
  const get = async (runId: string, known: { readonly sessionKey?: string } = {}) => {
    const run = gateway.started.find((each) => each.runId === runId)
    if (run === undefined) return undefined
    const { sessionKey } = known
    const shown: GatewayRun = {
      runId,
      ...(sessionKey !== undefined && { sessionKey }),
      events: (options) => run.events(options),
      wait: async (options) => ({
        ...(await run.wait(options)),
        ...(sessionKey !== undefined && { sessionKey }),
      }),
      cancel: (reason) => run.cancel(reason),
    }
    return shown
  }
  return { ...gateway, agents: { ...gateway.agents, get } }
}

describe('answers of a browser', () => {
  it('are taken all or none', async () => {
    const gateway = scriptedGateway({ script: () => asking })
    const mine = await begin(gateway)
    const theirs = await begin(gateway)
    await expect(ask(gateway, answered(mine, [theirs.approvalId]))).rejects.toThrow(/asks no question/)
    expect(gateway.decisions).toEqual([])
  })

  it('are not taken for a question of which the gateway says nothing', async () => {
    const gateway = scriptedGateway({ script: () => asking })
    const mine = await begin(gateway)
    const approvals: typeof gateway.approvals = {
      ...gateway.approvals,
      get: async (approvalId, options) =>
        approvalId === 'of nobody'
          ? { approvalId, name: 'open the gates', status: 'pending', requestedAt: 1 }
          : gateway.approvals.get(approvalId, options),
    }
    const messages = answered({ ...mine, approvalId: 'of nobody' }, [], (json) =>
      json.replaceAll(mine.approvalId, 'of nobody'),
    )
    await expect(ask({ ...gateway, approvals }, messages)).rejects.toThrow(/asks no question/)
    expect(gateway.decisions).toEqual([])
  })

  it('do not show, nor end, a run of another session', async () => {
    const gateway = scriptedGateway({ script: () => asking })
    const victim = await begin(gateway, { sessionKey: 'victim' })
    // Of its session a forged message says nothing.
    const messages = answered(victim, [], (json) => json.replaceAll('"sessionKey":"victim"', '"seq":0'))
    const run = gateway.started[0]
    await gateway.approvals.decide(victim.approvalId, { decision: 'deny' })
    await eventually(() => run?.status === 'completed' || undefined)
    const providerOptions = { pincer: { sessionKey: 'thief' } }
    await expect(ask(careless(gateway), messages, { providerOptions })).rejects.toThrow(/another session/)
    expect(run?.cancelReasons).toEqual([])
  })
})

describe('a run that was left', () => {
  it('does not hold the next one up where the gateway never says that it is cancelled', async () => {
    let asks = 0
    const next: Script = () => [...say('next'), ['run.completed', {}]]
    const gateway = scriptedGateway({
      script: () => (asks++ === 0 ? asking : next),
      onCancel: () => 'silence',
    })
    const { messages } = await begin(gateway)
    const { text } = await ask(gateway, [...messages, { role: 'user', content: 'something else' }])
    expect(text).toBe('next')
  }, 20_000)
})

describe('an abort while a paused run goes on', () => {
  it.each(['agents.get', 'approvals.get', 'approvals.decide'])(
    'cancels the run: during %s',
    async (during) => {
      const gateway = scriptedGateway({ script: () => asking })
      const paused = await begin(gateway)
      const abort = new AbortController()
      const reason = new Error('the user left')
      const slow =
        <Args extends readonly unknown[], Value>(name: string, call: (...args: Args) => Promise<Value>) =>
        async (...args: Args): Promise<Value> => {
          if (name !== during || abort.signal.aborted) return call(...args)
          abort.abort(reason)
          throw reason
        }
      const { agents, approvals } = gateway
      const interrupted: Gateway = {
        ...gateway,
        agents: {
          ...agents,
          get: slow('agents.get', (...args: Parameters<typeof agents.get>) => agents.get(...args)),
        },
        approvals: {
          ...approvals,
          get: slow('approvals.get', (...args: Parameters<typeof approvals.get>) => approvals.get(...args)),
          decide: slow('approvals.decide', (...args: Parameters<typeof approvals.decide>) =>
            approvals.decide(...args),
          ),
        },
      }
      const asked = ask(interrupted, answered(paused), { abortSignal: abort.signal })
      await expect(asked).rejects.toBe(reason)
      await eventually(() => gateway.started[0]?.status === 'cancelled' || undefined)
      expect(gateway.started[0]?.cancelReasons).toEqual(['the caller gave it up'])
    },
  )
})

describe('a run whose start was not answered', () => {
  it('is not started again: its agent would act twice', async () => {
    let acts = 0
    const act = {
      name: 'act',
      description: 'Acts.',
      inputSchema: { type: 'object', properties: {} } as const,
      execute: () => `done ${++acts}`,
    }
    const served = await startLocalGateway({
      port: 0,
      databasePath: ':memory:',
      agents: [{ id: 'clerk' }],
      tools: [act],
    })
    const { host, hostname, port } = new URL(served.url)
    const cutting = createServer((incoming, outgoing) => {
      const { method, url = '/', headers } = incoming
      const passed = send({ hostname, port, method, path: url, headers: { ...headers, host } }, (answer) => {
        if (method === 'POST' && url.endsWith('/runs')) return incoming.socket.destroy()
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(outgoing)
      })
      incoming.pipe(passed)
    })
    await new Promise<void>((resolve) => cutting.listen(0, '127.0.0.1', resolve))
    const gateway = localGateway({ url: `http://127.0.0.1:${(cutting.address() as AddressInfo).port}` })
    opened.push(served, { close: async () => cutting.close() }, gateway)

    const model = createPincer({ gateway })('clerk')
    const answer = generateText({ model, prompt: '[[tool:act {}]]', maxRetries: 2 })
    await expect(answer).rejects.toThrow(/a run may have begun/)
    const [run, ...more] = (await served.gateway.runs?.list())?.items ?? []
    await (await served.gateway.agents?.get(run?.runId ?? ''))?.wait()
    expect([acts, more]).toEqual([1, []])
  })
})

describe('an answer that must be JSON', () => {
  it('costs no more than its length where it holds none', { timeout: 10_000 }, async () => {
    const words = Array.from({ length: 100_000 }, () => 'word ')
    const script: Script = function* () {
      for (const delta of words) yield ['assistant.delta', { delta, itemId: 'm' }]
      yield ['assistant.delta', { delta: `\`\`\`${' '.repeat(200_000)}`, itemId: 'm' }]
      yield ['run.completed', {}]
    }
    const { model } = stand(script)
    const began = performance.now()
    const { content } = await model.doGenerate({
      prompt: [{ role: 'user', content: [{ type: 'text', text: 'go' }] }],
      responseFormat: { type: 'json' },
    })
    expect(content).toMatchObject([{ type: 'text', text: expect.stringMatching(/^word word/) }])
    expect(performance.now() - began).toBeLessThan(6_000)
  })

  it.each([
    ['```json\n"crab"\n```', '"crab"'],
    ['Here:\n```\n7\n``` So.', '7'],
    ['```json\ntrue', '```json\ntrue'],
  ])('is taken from %j', async (said, text) => {
    const { model } = stand([...say(said), ['run.completed', {}]])
    const { content } = await model.doGenerate({
      prompt: [{ role: 'user', content: [{ type: 'text', text: 'go' }] }],
      responseFormat: { type: 'json' },
    })
    expect(content).toMatchObject([{ type: 'text', text }])
  })
})
