import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ClawEvent, GatewayError } from '@pincer/protocol'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readAddress } from '../src/client/address.ts'
import { createHttpGateway } from '../src/client/http-gateway.ts'
import type { LocalGateway } from '../src/complete-gateway.ts'
import { openHttp } from '../src/http-fetch.ts'
import { localGateway } from '../src/local-gateway.ts'
import {
  addTool,
  checkStory,
  eventsOf,
  resultOf,
  start,
  startRun,
  startWith,
  toolCall,
} from './agent-runs.ts'
import { finishedRun, storyEvent } from './run-story.ts'

const token = 'a-token-that-nobody-may-see'

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void

/** Starts a server that answers as it likes, until the test ends. */
async function serve(answer: Answer): Promise<string> {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => answer(request, response, body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** The client by both ways of HTTP that it has. */
function clientsOf(url: string): LocalGateway[] {
  const clients = [localGateway({ url, token }), createHttpGateway(readAddress({ url, token }), openHttp())]
  onTestFinished(async () => {
    for (const client of clients) await client.close()
  })
  return clients
}

async function failure(promise: Promise<unknown>): Promise<GatewayError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof GatewayError) return error
  throw new Error(`expected a GatewayError, found ${String(error)}`)
}

describe('a gateway that means harm to its client', () => {
  it('gets no piece of the token into an error, wherever its answer is cut, and writes nothing to a terminal', async () => {
    let padding = 0
    const url = await serve((_, response) => {
      response.writeHead(500).end(`${'x'.repeat(padding)}${token}\u001B[2J\u009B31m${'y'.repeat(400)}`)
    })
    for (const client of clientsOf(url)) {
      for (padding = 300 - token.length - 2; padding <= 300; padding++) {
        const { message } = await failure(client.runs.list())
        expect(message).not.toContain(token.slice(0, 8))
        expect(message).not.toMatch(/\p{Cc}/u)
        expect(message.length).toBeLessThan(500)
      }
    }
  })

  it('cannot make it remember a code without end', async () => {
    const error = { code: 'c'.repeat(1_000_000), message: 'm'.repeat(1_000_000), next: 'n'.repeat(1_000_000) }
    const url = await serve((_, response) => response.writeHead(400).end(JSON.stringify({ error })))
    for (const client of clientsOf(url)) {
      const { message, gatewayCode = '' } = await failure(client.runs.list())
      expect(message.length + gatewayCode.length).toBeLessThan(1_200)
    }
  })

  it('is told apart from one that answers for each event, in order, once', async () => {
    const events = finishedRun('run').slice(0, 2)
    const verdict = (id: string, status = 'accepted'): object => ({ id, status })
    let verdicts: unknown = []
    const url = await serve((_, response) => response.end(JSON.stringify({ verdicts })))
    for (const client of clientsOf(url)) {
      verdicts = [
        verdict('run.2'),
        verdict('somebody-else'),
        verdict('run.1'),
        verdict('toString', 'rejected'),
      ]
      expect(await client.events.append(events)).toEqual([verdict('run.1'), verdict('run.2')])
      for (verdicts of [[verdict('run.1')], [verdict('run.1'), verdict('run.2', 'fine')], 'none', null]) {
        expect(await failure(client.events.append(events))).toMatchObject({ gatewayCode: 'invalid_answer' })
      }
    }
  })

  it('cannot reach a prototype through what it answers', async () => {
    const usage = '{"provider":"","model":""}'
    const run = `{"runId":"r","status":"running","startedAt":1,"usage":${usage},"\\u005f_proto__":{"admin":true}}`
    const url = await serve((_, response) => response.end(`{"items":[${run}]}`))
    for (const client of clientsOf(url)) {
      const copy = Object.assign<Record<string, unknown>, object | undefined>(
        {},
        (await client.runs.list()).items[0],
      )
      expect(copy['runId']).toBe('r')
      expect(copy['admin']).toBeUndefined()
    }
  })

  it('is left when an event has no end', async () => {
    let written = 0
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const piece = `data: ${'x'.repeat(1_000_000)}`
      const write = (): void => {
        while (!response.destroyed && written < 200_000_000) {
          written += piece.length
          if (!response.write(piece)) return void response.once('drain', write)
        }
      }
      write()
    })
    const [client] = clientsOf(url)
    const read = async (): Promise<void> => {
      for await (const event of client?.events.stream() ?? []) throw new Error(`no event, found ${event.id}`)
    }
    expect(await failure(read())).toMatchObject({ gatewayCode: 'too_large', retryable: false })
    expect(written).toBeLessThan(100_000_000)
  })
})

describe('a stream that breaks off behind an id that is not ASCII', () => {
  it('is taken up again behind it', async () => {
    const local = await start()
    const ids = ['é-1', '日本-2', 'fin']
    const events = ids.map((id, at) => storyEvent('run', at + 1, 'run.started', {}, { id }))
    await local.service.events.append(events)
    const url = await serve((request, response) => {
      const query = new URL(request.url ?? '', 'http://localhost').search
      const lastId = request.headers['last-event-id']
      const headers: Record<string, string> = typeof lastId === 'string' ? { 'last-event-id': lastId } : {}
      void fetch(`${local.url}/v1/events${query || '?from=start'}`, { headers }).then(async (answer) => {
        response.writeHead(answer.status, { 'content-type': 'text/event-stream' })
        let text = ''
        for await (const chunk of answer.body ?? []) {
          text += Buffer.from(chunk).toString('utf8')
          const whole = text.indexOf('\n\n', text.indexOf('id: '))
          if (!text.includes('id: ') || whole < 0) continue
          // One event for each connection.
          return void response.write(text.slice(0, whole + 2), () => response.destroy())
        }
      })
    })
    for (const client of clientsOf(url)) {
      const seen: ClawEvent[] = []
      for await (const event of client.events.stream()) if (seen.push(event) === ids.length) break
      expect(seen.map(({ id }) => id)).toEqual(ids)
    }
  }, 20_000)
})

describe('an MCP server that never comes to an end', () => {
  it('with its pages does not hold up the others', async () => {
    const url = await serve((_, response, body) => {
      const { id, method } = JSON.parse(body || '{}') as { id?: number; method?: string }
      if (id === undefined) return void response.writeHead(method === undefined ? 405 : 202).end()
      const result =
        method === 'initialize'
          ? {
              protocolVersion: '2025-06-18',
              capabilities: { tools: {} },
              serverInfo: { name: 'endless', version: '1' },
            }
          : { tools: [], nextCursor: 'again' }
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ jsonrpc: '2.0', id, result }))
    })
    const caller = await start({ tools: [addTool], mcpServers: [{ name: 'endless', url }] })
    expect((await caller.get('/v1/tools')).body.items.map(({ name }) => name)).toEqual(['math.add'])
  })
})

describe('a model that names what every object has', () => {
  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'is told that there is no tool "%s", and the run goes on',
    async (name) => {
      const { caller } = await startWith([toolCall('c1', name, {}), { text: 'sorry' }], { tools: [addTool] })
      const { runId } = await startRun(caller, { input: 'go' })
      expect(await resultOf(caller, runId)).toMatchObject({ status: 'completed', text: 'sorry' })
      const events = await eventsOf(caller, runId)
      checkStory(events)
      expect(events.find(({ type }) => type === 'tool.call.failed')).toMatchObject({
        data: { toolCallId: 'c1', error: { code: 'invalid_tool_call' } },
      })
    },
  )

  it('in every step comes to an end', async () => {
    const { caller, model } = await startWith((_, index) => toolCall(`c${index}`, 'toString', {}), {
      agents: [{ id: 'main', maxSteps: 4 }],
    })
    const { runId } = await startRun(caller, { input: 'go' })
    expect(await resultOf(caller, runId)).toMatchObject({ status: 'completed', stopReason: 'max_steps' })
    expect(model.requests).toHaveLength(4)
  })
})
