import { type ClawEvent, type GatewayRun, PincerError, type ToolDescription } from '@pincer/protocol'
import { collectEvents, eventually } from '@pincer/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openclaw, type OpenClawGateway } from '../src/gateway/openclaw-gateway.ts'
import { type ChatServer, startChatServer } from './chat-server.ts'
import { scriptedAgents } from './gateway-script.ts'
import { type ScriptedGateway, silence, startScriptedGateway } from './scripted-gateway.ts'

type Fields = Readonly<Record<string, unknown>>

const lookup: ToolDescription = { name: 'lookup', inputSchema: { type: 'object' } }
const sessionKey = 'agent:main:notes'

let server: ScriptedGateway
let chat: ChatServer
let gateway: OpenClawGateway

beforeEach(async () => {
  chat = await startChatServer()
  server = await startScriptedGateway({
    answers: {
      'agents.list': scriptedAgents,
      'agent.wait': ({ params }) => (params['timeoutMs'] === 0 ? { status: 'timeout' } : silence),
      agent: ({ params }) => ({ runId: params['idempotencyKey'], status: 'accepted', sessionKey }),
      'chat.history': () => ({ messages: [] }),
      'audit.list': () => ({ events: [] }),
      'tasks.list': () => ({ tasks: [] }),
    },
  })
  gateway = openclaw({ url: server.url, token: 'secret', http: { url: chat.url } })
  await gateway.client.connect()
})
afterEach(async () => {
  await gateway.close()
  await server.close()
  await chat.close()
})

let seq = 0
function tell(runId: string, stream: string, data: Fields): void {
  server.emit('agent', { runId, sessionKey, agentId: 'main', stream, data, seq: ++seq, ts: Date.now() })
}

function tellEnd(runId: string): void {
  tell(runId, 'lifecycle', { phase: 'end', stopReason: 'stop', aborted: false, endedAt: Date.now() })
}

async function read(run: GatewayRun | undefined): Promise<readonly ClawEvent[]> {
  if (run === undefined) throw new Error('there is no such run')
  return await collectEvents(run.events())
}

function typesOf(events: readonly ClawEvent[]): readonly string[] {
  return events.map((event) => event.type)
}

describe('a run that is taken up again', () => {
  it('is whole where this client began it, over HTTP too, and costs no question', async () => {
    const run = await gateway.agents.run({ agentId: 'main', input: 'x', sessionKey })
    tell(run.runId, 'lifecycle', { phase: 'start', startedAt: Date.now() })
    tell(run.runId, 'assistant', { text: 'Hello', delta: 'Hello' })
    const again = await gateway.agents.get(run.runId)
    expect(again).toMatchObject({ runId: run.runId, sessionKey })
    expect(again).not.toHaveProperty('isPartial')
    const reading = read(again)
    tellEnd(run.runId)
    expect(await reading).toEqual(await collectEvents(run.events()))
    expect(server.requests.map(({ method }) => method)).not.toContain('audit.list')

    chat.answer = (turn) => {
      const call = { index: 0, id: 'h-1', type: 'function', function: { name: 'lookup', arguments: '{}' } }
      turn.send({ delta: { tool_calls: [call] } })
      tell(turn.runId, 'lifecycle', { phase: 'start', startedAt: Date.now() })
      tellEnd(turn.runId)
      turn.send({ delta: {}, finish_reason: 'tool_calls' })
      turn.end()
    }
    const asking = await gateway.agents.run({ agentId: 'main', input: 'x', tools: [lookup] })
    const result = await asking.wait()
    expect(result.toolCalls).toHaveLength(1)
    const found = await gateway.agents.get(asking.runId)
    expect(await found?.wait()).toEqual(result)
    expect(found).not.toHaveProperty('isPartial')
  })

  it('ends with its text where the Gateway remembers it, or its record does', async () => {
    const reply = { disposition: 'visible', text: 'a crab' }
    server.answer('agent.wait', ({ params }) =>
      params['runId'] === 'remembered'
        ? { status: 'ok', stopReason: 'stop', endedAt: Date.now(), terminalReply: reply }
        : { status: 'timeout' },
    )
    server.answer('audit.list', ({ params }) => ({
      events:
        params['runId'] === 'written'
          ? [{ runId: 'written', sessionKey, action: 'agent.run.finished', status: 'succeeded' }]
          : [],
    }))
    server.answer('chat.history', () => ({
      messages: [
        { role: 'user', content: 'what is it?', __openclaw: { runId: 'written' } },
        { role: 'assistant', content: 'a crab', stopReason: 'stop', __openclaw: { runId: 'written' } },
      ],
    }))
    for (const runId of ['remembered', 'written']) {
      const run = await gateway.agents.get(runId)
      expect(run).toMatchObject({ runId, isPartial: true })
      const events = await read(run)
      expect(typesOf(events).filter((type) => !type.startsWith('usage'))).toEqual([
        'run.started',
        'assistant.delta',
        'assistant.message',
        'run.completed',
      ])
      expect(events.at(-1)?.data).toMatchObject({ output: 'a crab', stopReason: 'stop' })
      expect(await run?.wait()).toMatchObject({ runId, status: 'completed', text: 'a crab' })
      expect(await read(await gateway.agents.get(runId))).toEqual(events)
    }
  })

  it('goes on from the middle of an approval, which is not asked for again', async () => {
    server.answer('chat.history', () => ({
      messages: [],
      sessionInfo: { hasActiveRun: true, activeRunIds: ['theirs'] },
    }))
    const run = await gateway.agents.get('theirs', { sessionKey: 'notes' })
    expect(run).toMatchObject({ runId: 'theirs', sessionKey, isPartial: true })
    const reading = read(run)
    const call = { toolCallId: 'call-1', name: 'exec' }
    tell('theirs', 'lifecycle', { phase: 'approval-resolved', approvalId: 'ask-1', toolCallId: 'call-1' })
    tell('theirs', 'item', {
      ...call,
      itemId: 'tool:call-1',
      kind: 'tool',
      phase: 'end',
      status: 'completed',
    })
    tellEnd('theirs')
    const events = await reading
    expect(typesOf(events)).toEqual([
      'run.started',
      'raw',
      'tool.call.started',
      'tool.call.completed',
      'run.completed',
    ])
    expect(events.slice(2, 4).map((event) => event.actionId)).toEqual(['call-1', 'call-1'])
  })

  it('is nothing where the Gateway shows no trace of it, and nothing is kept of that', async () => {
    expect(await gateway.agents.get('ghost', { sessionKey })).toBeUndefined()
    expect(server.requests.filter(({ method }) => method === 'agent.wait')).toHaveLength(2)
    // It may begin later, under the id that was asked for.
    server.answer('chat.history', () => ({ messages: [], sessionInfo: { activeRunIds: ['ghost'] } }))
    expect(await gateway.agents.get('ghost', { sessionKey })).toMatchObject({ runId: 'ghost' })
    expect(await gateway.client.runs.find('other')).toBeUndefined()
    await expect(gateway.agents.get('')).rejects.toMatchObject({ status: 400 })
  })

  it('gives the question up with its signal, and when the gateway is closed', async () => {
    server.answer('agent.wait', () => silence)
    const stop = new AbortController()
    const asking = gateway.agents.get('slow', { signal: stop.signal })
    await eventually(() => server.requests.some(({ method }) => method === 'agent.wait') || undefined)
    stop.abort(new Error('looked away'))
    await expect(asking).rejects.toThrow('looked away')
    const closing = expect(gateway.agents.get('slow')).rejects.toBeInstanceOf(PincerError)
    await eventually(
      () => server.requests.filter(({ method }) => method === 'agent.wait').length === 2 || undefined,
    )
    await gateway.close()
    await closing
    await expect(gateway.agents.get('slow')).rejects.toMatchObject({ code: 'closed' })
  })
})
