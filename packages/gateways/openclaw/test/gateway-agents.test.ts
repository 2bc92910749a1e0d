import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type ClawEvent, type ToolDescription, UnsupportedByGatewayError } from '@pincer/protocol'
import { collectEvents, eventually } from '@pincer/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openclaw, type OpenClawGateway } from '../src/gateway/openclaw-gateway.ts'
import { type ChatServer, startChatServer } from './chat-server.ts'
import { scriptedAgents } from './gateway-script.ts'
import { type ScriptedGateway, ScriptedRefusal, silence, startScriptedGateway } from './scripted-gateway.ts'

type Fields = Readonly<Record<string, unknown>>

const lookup: ToolDescription = {
  name: 'lookup',
  description: 'Looks a word up',
  inputSchema: { type: 'object', properties: { word: { type: 'string' } } },
}

let server: ScriptedGateway
let chat: ChatServer
let gateway: OpenClawGateway

beforeEach(async () => {
  chat = await startChatServer()
  server = await startScriptedGateway({
    answers: {
      'agents.list': scriptedAgents,
      'agent.wait': () => silence,
      'chat.history': () => ({ messages: [] }),
      'audit.list': () => ({ events: [] }),
      'tasks.list': () => ({ tasks: [] }),
      'sessions.abort': ({ params }) => {
        tell(String(params['runId']), 'lifecycle', {
          phase: 'end',
          status: 'cancelled',
          stopReason: 'rpc',
          aborted: true,
        })
        return { ok: true, abortedRunId: params['runId'], status: 'aborted' }
      },
    },
  })
  gateway = openclaw({ url: server.url, token: 'secret', http: { url: chat.url, token: 'http-secret' } })
  await gateway.client.connect()
})
afterEach(async () => {
  await gateway.close()
  await server.close()
  await chat.close()
})

let seq = 0
function tell(runId: string, stream: string, data: Fields): void {
  const sessionKey = 'agent:main:notes'
  server.emit('agent', { runId, sessionKey, agentId: 'main', stream, data, seq: ++seq, ts: Date.now() })
}

/** What the Gateway tells of a run that calls a tool of its own, then one of the caller's. */
function tellRun(runId: string): void {
  tell(runId, 'lifecycle', { phase: 'start', startedAt: Date.now() })
  for (const [toolCallId, name] of [
    ['own-1', 'ls'],
    ['own-2', 'lookup'],
  ] as const) {
    const item = { itemId: `tool:${toolCallId}`, toolCallId, name, kind: 'tool', title: name }
    tell(runId, 'item', { ...item, phase: 'start', status: 'running' })
    tell(runId, 'item', { ...item, phase: 'end', status: 'completed' })
  }
  tell(runId, 'lifecycle', { phase: 'end', stopReason: 'tool_calls', aborted: false, endedAt: Date.now() })
}

function sent(method: string): readonly Fields[] {
  return server.requests.filter((request) => request.method === method).map(({ params }) => params)
}

describe('agents', () => {
  it('lists them', async () => {
    expect(await gateway.agents.list()).toEqual([
      { agentId: 'main', name: 'Main', model: 'scripted/plain' },
      { agentId: 'helper', model: 'scripted/plain' },
    ])
  })

  it('asks nobody to start a run again that may have begun', async () => {
    server.answer('agent', ({ drop }) => {
      drop()
      return silence
    })
    await expect(gateway.agents.run({ agentId: 'main', input: 'x' })).rejects.toMatchObject({
      gatewayCode: 'CONNECTION_LOST',
      retryable: false,
      message: expect.stringContaining('it may have been carried out'),
    })
  })

  it('finds a run under the session of the record, whatever the caller says', async () => {
    server.answer('agent.wait', () => ({ status: 'timeout' }))
    server.answer('audit.list', () => ({
      events: [{ action: 'agent.run.started', sessionKey: 'agent:main:victim' }],
    }))
    const run = await gateway.agents.get('run-1', { sessionKey: 'thief' })
    expect(run?.sessionKey).toBe('agent:main:victim')
  })

  it('tells an agent what was said last, and the rest where no session knows it', async () => {
    server.answer('agent', ({ params }) => ({ runId: params['idempotencyKey'], status: 'accepted' }))
    server.answer('chat.history', ({ params }) => ({
      messages: [],
      totalMessages: params['sessionKey'] === 'agent:helper:x' ? 4 : 0,
    }))
    const input = [
      { role: 'system', text: 'Be brief.' },
      { role: 'user', text: 'My name is Ada.' },
      { role: 'assistant', text: 'Hello', toolCalls: [{ toolCallId: 'c', name: 'find', input: { a: 1 } }] },
      { role: 'tool', toolCallId: 'c', output: { found: true } },
      { role: 'assistant', text: 'Found.' },
      { role: 'user', text: 'Who' },
      { role: 'user', text: 'am I?' },
    ] as const
    await gateway.agents.run({ agentId: 'helper', input })
    await gateway.agents.run({
      agentId: 'helper',
      input,
      sessionKey: 'agent:helper:x',
      model: 'a/b/c',
      timeoutMs: 1500,
    })
    await gateway.agents.run({ agentId: 'helper', input: 'Hi', thinking: 'high', label: 'A walk' })
    await gateway.agents.run({ agentId: 'helper', input, sessionKey: 'agent:helper:new' })
    const params = sent('agent').map(({ idempotencyKey: _key, ...rest }) => rest)
    const message = 'Who\n\nam I?'
    const ownSession: unknown = expect.stringMatching(/^agent:helper:run-[\da-f-]{36}$/)
    expect(params).toEqual([
      {
        agentId: 'helper',
        message,
        sessionKey: ownSession,
        extraSystemPrompt:
          'Be brief.\n\nThe conversation so far:\nUser: My name is Ada.\nAssistant: Hello [calls find {"a":1}]\nTool: [result of c] {"found":true}\nAssistant: Found.',
      },
      {
        agentId: 'helper',
        message,
        extraSystemPrompt: 'Be brief.',
        sessionKey: 'agent:helper:x',
        provider: 'a',
        model: 'b/c',
        timeout: 2,
      },
      { agentId: 'helper', message: 'Hi', sessionKey: ownSession, thinking: 'high', label: 'A walk' },
      // A session without a message knows nothing of what came before.
      { ...params[0], sessionKey: 'agent:helper:new' },
    ])
    expect(params[0]?.['sessionKey']).not.toBe(params[2]?.['sessionKey'])
    const nobody = gateway.agents.run({ agentId: 'helper', input: [{ role: 'assistant', text: 'Hello' }] })
    await expect(nobody).rejects.toMatchObject({ status: 400, gatewayCode: 'invalid_input' })
    await expect(gateway.agents.run({ agentId: '', input: 'x' })).rejects.toMatchObject({ status: 400 })
    const unsaid = gateway.agents.run({ agentId: 'helper', input: 'x', thinking: '' })
    await expect(unsaid).rejects.toThrow('agent: thinking: expected a text that is not empty')
    expect(sent('agent')).toHaveLength(4)
  })

  it('refuses an agent that the Gateway does not have', async () => {
    server.answer('agent', () => {
      throw new ScriptedRefusal({ code: 'INVALID_REQUEST', message: 'unknown agent id "ghost"' })
    })
    await expect(gateway.agents.run({ agentId: 'ghost', input: 'x' })).rejects.toMatchObject({
      status: 404,
      retryable: false,
    })
  })
})

describe("a run with the caller's own tools", () => {
  it('goes over HTTP, and ends with the calls that are left to the caller', async () => {
    chat.answer = async (turn) => {
      turn.send({ delta: { role: 'assistant' } })
      tellRun(turn.runId)
      const call = { index: 0, id: 'h-1', type: 'function', function: { name: 'lookup', arguments: '' } }
      turn.send({ delta: { tool_calls: [call] } })
      turn.send({ delta: { tool_calls: [{ index: 0, function: { arguments: '{"word":' } }] } })
      turn.send({ delta: { tool_calls: [{ index: 0, function: { arguments: '"crab"}' } }] } })
      turn.send({ delta: {}, finish_reason: 'tool_calls' })
      turn.end()
    }
    // The endpoint has no field for the last two.
    const unheard = { thinking: 'high', label: 'A walk' }
    const request = { agentId: 'main', tools: [lookup], sessionKey: 'notes', model: 'x/y', ...unheard }
    const run = await gateway.agents.run({ ...request, input: 'What is a crab?' })
    expect(run).toMatchObject({ runId: chat.turns[0]?.runId, sessionKey: 'agent:main:notes' })
    expect(chat.turns[0]).toMatchObject({
      headers: {
        authorization: 'Bearer http-secret',
        'x-openclaw-session-key': 'agent:main:notes',
        'x-openclaw-model': 'x/y',
      },
      body: {
        model: 'openclaw/main',
        stream: true,
        messages: [{ role: 'user', content: 'What is a crab?' }],
        tools: [
          {
            type: 'function',
            function: { name: 'lookup', description: 'Looks a word up', parameters: lookup.inputSchema },
          },
        ],
      },
    })
    const result = await run.wait()
    expect(result).toMatchObject({
      status: 'completed',
      stopReason: 'tool_calls',
      toolCalls: [{ toolCallId: 'h-1', name: 'lookup', input: { word: 'crab' } }],
    })
    const events = await collectEvents(run.events())
    const calls = events.flatMap((event: ClawEvent) => (event.type.startsWith('tool.') ? [event.data] : []))
    expect(calls.map((call) => 'toolCallId' in call && call.toolCallId)).toEqual(['own-1', 'own-1'])
    expect(events.map((event) => event.seq)).toEqual(events.map((_, at) => at + 1))
    expect(events.at(-1)?.type).toBe('run.completed')
    expect(await collectEvents(run.events())).toEqual(events)
  })

  it('is answered the same way: a session is sent what is new to it, else the whole conversation', async () => {
    const input = [
      { role: 'user', text: 'What is a crab?' },
      { role: 'assistant', toolCalls: [{ toolCallId: 'h-1', name: 'lookup', input: { word: 'crab' } }] },
      { role: 'tool', toolCallId: 'h-1', output: { legs: 10 } },
    ] as const
    server.answer('chat.history', () => ({ messages: [], totalMessages: 2 }))
    await gateway.agents.run({ agentId: 'main', input, sessionKey: 'notes' })
    await gateway.agents.run({ agentId: 'main', input: input.slice(2), sessionKey: 'notes', tools: [lookup] })
    await gateway.agents.run({ agentId: 'main', input })
    const answer = { role: 'tool', tool_call_id: 'h-1', content: '{"legs":10}' }
    expect(chat.turns.map(({ body }) => body['messages'])).toEqual([
      [answer],
      [answer],
      [
        { role: 'user', content: 'What is a crab?' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'h-1', type: 'function', function: { name: 'lookup', arguments: '{"word":"crab"}' } },
          ],
        },
        answer,
      ],
    ])
    expect(chat.turns[2]?.headers).not.toHaveProperty('x-openclaw-session-key')
  })

  it('is stopped by cancelling, by the signal and by time, and says which', async () => {
    chat.answer = (turn) => {
      turn.send({ delta: { role: 'assistant' } })
      tell(turn.runId, 'lifecycle', { phase: 'start', startedAt: Date.now() })
    }
    const request = { agentId: 'main', input: 'x', tools: [lookup], sessionKey: 'notes' }
    const cancelled = await gateway.agents.run(request)
    expect((await cancelled.wait({ timeoutMs: 20 })).status).toBe('accepted')
    await cancelled.cancel('not needed')
    expect((await cancelled.wait()).status).toBe('cancelled')
    expect((await collectEvents(cancelled.events())).at(-1)?.type).toBe('run.cancelled')
    await eventually(() => chat.turns[0]?.isBroken() || undefined)

    const slow = await gateway.agents.run({ ...request, timeoutMs: 50 })
    expect((await slow.wait()).status).toBe('timed_out')
    expect((await collectEvents(slow.events())).at(-1)?.type).toBe('run.timed_out')

    const abort = new AbortController()
    await gateway.agents.run({ ...request, signal: abort.signal })
    abort.abort(new Error('the user left'))
    await eventually(() => chat.turns[2]?.isBroken() || undefined)
    const never = gateway.agents.run({ ...request, signal: AbortSignal.abort(new Error('too late')) })
    await expect(never).rejects.toThrow('too late')
    expect(chat.turns).toHaveLength(3)
  })

  it('says what to set where the endpoint is not turned on', async () => {
    const refused = async (status: number, body: unknown): Promise<unknown> => {
      chat.answer = (turn) => turn.refuse(status, body)
      return await gateway.agents
        .run({ agentId: 'main', input: 'x', tools: [lookup] })
        .catch((error: unknown) => error)
    }
    const off = await refused(404, 'Not Found')
    expect(off).toBeInstanceOf(UnsupportedByGatewayError)
    expect(off).toMatchObject({
      message: expect.stringContaining('gateway.http.endpoints.chatCompletions.enabled'),
    })
    const say = (message: string): object => ({ error: { message, type: 'invalid_request_error' } })
    expect(await refused(400, say("Unknown agent 'main'."))).toMatchObject({ status: 404, retryable: false })
    expect(await refused(400, say("Model 'a/b' is not allowed."))).toMatchObject({ status: 400 })
    const token = await refused(401, say('Unauthorized'))
    expect(token).toMatchObject({ status: 401, message: expect.stringContaining('`http.token`') })
    expect(String(token)).not.toContain('http-secret')
    expect(await refused(503, 'busy')).toMatchObject({ status: 503, retryable: true })
  })

  it('fails where the answer ends before the run is named, or nobody listens', async () => {
    chat.answer = (turn) => turn.write('data: {"error":{"message":"no model"}}\n\n')
    const nameless = gateway.agents.run({ agentId: 'main', input: 'x', tools: [lookup] })
    await expect(nameless).rejects.toMatchObject({
      gatewayCode: 'no_run',
      message: expect.stringContaining('no model'),
    })
    await chat.close()
    const refused = gateway.agents.run({ agentId: 'main', input: 'x', tools: [lookup] })
    await expect(refused).rejects.toMatchObject({ status: 503, retryable: true })
  })

  it('sends the token to the pinned certificate only', async () => {
    const read = (name: string): string =>
      readFileSync(new URL(`fixtures/tls/${name}`, import.meta.url), 'utf8')
    const tls = { cert: read('cert.pem'), key: read('key.pem') }
    const { fingerprint256 } = new X509Certificate(tls.cert)
    const pinned = await startChatServer(tls)
    const secure = await startScriptedGateway({ tls, answers: { 'agent.wait': () => silence } })
    const open = (tlsFingerprint: string): OpenClawGateway =>
      openclaw({ url: secure.url, token: 'secret', tlsFingerprint, http: { url: pinned.url } })
    const trusted = open(fingerprint256)
    const run = await trusted.agents.run({ agentId: 'main', input: 'x', tools: [lookup] })
    expect(run.runId).toBe('chatcmpl_0')
    expect(pinned.turns[0]?.headers.authorization).toBe('Bearer secret')
    await trusted.close()
    const refused = open('ab'.repeat(32))
    await expect(refused.agents.run({ agentId: 'main', input: 'x', tools: [lookup] })).rejects.toMatchObject({
      gatewayCode: 'TLS_FINGERPRINT_MISMATCH',
      retryable: false,
    })
    expect(pinned.turns).toHaveLength(1)
    await Promise.all([refused.close(), secure.close(), pinned.close()])
  })

  it('needs to know where HTTP is', async () => {
    const transport = { request: async () => ({}), async *events() {} }
    const other = openclaw({ transport })
    await expect(other.agents.run({ agentId: 'main', input: 'x', tools: [lookup] })).rejects.toThrow(
      'pass `http: { url, token }`',
    )
    await other.close()
  })
})
