import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'

import type { Page } from './bundle-page.ts'

/** Serves the page, and the chat below `/api/chat`, to this machine only. */
export async function serve(
  port: number,
  { chat, page }: { readonly chat: (request: Request) => Promise<Response>; readonly page: Page },
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const [pathname = '/'] = (request.url ?? '/').split('?', 1)
    const file = page.get(pathname)
    if (file !== undefined) {
      response.writeHead(200, {
        'content-type': `${file.type}; charset=utf-8`,
        // In a frame of another page a person could be led to approve what they do not see.
        'content-security-policy': "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
      })
      response.end(file.body)
    } else if (/^\/api\/chat(?:\/|$)/.test(pathname)) {
      answer(request, response, chat).catch(() => response.destroy())
    } else response.writeHead(404).end()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  incoming: IncomingMessage,
  response: ServerResponse,
  chat: (request: Request) => Promise<Response>,
): Promise<void> {
  let request: Request
  try {
    request = toRequest(incoming)
  } catch {
    // No address, or a method that there is not.
    response.writeHead(400).end()
    return
  }
  await send(await chat(request), response)
}

// What a framework's server does by itself: Node's objects as those of the web, and back.
function toRequest(incoming: IncomingMessage): Request {
  const { method = 'GET', url = '/' } = incoming
  const headers = Object.entries(incoming.headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  )
  const body = method === 'GET' || method === 'HEAD' ? {} : { body: Readable.toWeb(incoming), duplex: 'half' }
  return new Request(new URL(url, `http://${incoming.headers.host}`), {
    method,
    headers,
    ...body,
  } as RequestInit)
}

async function send(answer: Response, response: ServerResponse): Promise<void> {
  response.writeHead(answer.status, Object.fromEntries(answer.headers))
  if (answer.body === null) response.end()
  // Ends in an error where the page goes away, which tells the chat that nobody reads any more.
  else await pipeline(Readable.fromWeb(answer.body as ReadableStream), response).catch(() => {})
}
