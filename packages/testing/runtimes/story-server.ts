import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Approval, type ClawEvent, type GuardRequest, parseEvent } from '@pincer/protocol'

/** What one runtime told of its story. */
export interface StoryResult {
  /** Which runtime it was, in its own words. */
  readonly runtime: string
  /** Every check with why it failed, where it did. */
  readonly checks: readonly { readonly name: string; readonly error?: string }[]
}

/** The gateway of the story: a real server on loopback that keeps the events of each teller apart. */
export interface StoryServer {
  readonly url: string
  /** What a teller reported when it was done. */
  result(teller: string): StoryResult | undefined
  close(): Promise<void>
}

interface Teller {
  readonly events: Map<string, ClawEvent>
  /** Everything that came over the wire. */
  wire: string
  requests: number
  waits: number
  question?: GuardRequest
  result?: StoryResult
}

/** Starts the server. It fails the first request of each kind, as gateways do when they restart. */
export async function startStoryServer(): Promise<StoryServer> {
  const tellers = new Map<string, Teller>()
  const server = createServer((request, response) => {
    answer(tellers, request).then(
      ({ status, body }) => send(response, status, body),
      (error: unknown) => send(response, 500, { error: String(error) }),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    result: (teller) => tellers.get(teller)?.result,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

async function answer(
  tellers: Map<string, Teller>,
  request: IncomingMessage,
): Promise<{ status: number; body?: unknown }> {
  const [, name = '', what] = (request.url ?? '').split('/')
  let teller = tellers.get(name)
  if (teller === undefined)
    tellers.set(name, (teller = { events: new Map(), wire: '', requests: 0, waits: 0 }))
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  const body: unknown = text === '' ? undefined : JSON.parse(text)
  switch (what) {
    case 'events':
      if (request.method === 'GET') return { status: 200, body: [...teller.events.values()] }
      teller.wire += text
      return ++teller.requests === 1 ? { status: 503 } : { status: 200, body: keep(teller, body) }
    case 'guard':
      teller.wire += text
      teller.question = body as GuardRequest
      return { status: 200, body: { decision: 'require_approval', approvalId: 'approval-1', reason: 'ask' } }
    case 'approval':
      if (++teller.waits === 1) return { status: 503 }
      return { status: 200, body: approval(teller.question, teller.waits) }
    case 'wire':
      return { status: 200, body: { wire: teller.wire, requests: teller.requests, waits: teller.waits } }
    case 'result':
      teller.result = body as StoryResult
      return { status: 200 }
    default:
      return { status: 404 }
  }
}

function keep({ events }: Teller, body: unknown): unknown[] {
  return (body as unknown[]).map((value) => {
    const event = parseEvent(value)
    const isNew = !events.has(event.id)
    if (isNew) events.set(event.id, event)
    return { id: event.id, status: isNew ? 'accepted' : 'duplicate' }
  })
}

function approval(question: GuardRequest | undefined, waits: number): Approval {
  return {
    approvalId: 'approval-1',
    name: question?.name ?? '',
    status: waits === 2 ? 'pending' : 'approved',
    requestedAt: Date.now(),
    decidedBy: 'a person',
  }
}
