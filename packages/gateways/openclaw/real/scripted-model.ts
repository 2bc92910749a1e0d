import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { demoModelFetch } from '@pincer/local-gateway'
import { type ChatBody, unwrapPrompt } from './unwrap-prompt.ts'

/** The scripted model on loopback. */
export interface ScriptedModel {
  /** Base URL of its OpenAI-compatible API. */
  readonly url: string
  close(): Promise<void>
}

/** Serves the demo model as OpenClaw's provider: what OpenClaw wraps around the user's words is taken off first. */
export async function startScriptedModel(): Promise<ScriptedModel> {
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no free port on loopback')
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  try {
    const { method = 'GET', url = '/' } = request
    const body = method === 'POST' ? unwrapWhatIsChat(await readBody(request)) : undefined
    const found = await demoModelFetch(
      new Request(`http://127.0.0.1${url}`, {
        method,
        headers: { 'content-type': 'application/json' },
        signal: gone.signal,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    )
    response.writeHead(found.status, Object.fromEntries(found.headers))
    await send(found, response, body?.model)
    response.end()
  } catch {
    // A script that cuts the connection, or a caller that is gone: what was written before arrives first.
    setImmediate(() => response.socket?.destroySoon())
  }
}

// Under the name that was asked for: OpenClaw tells its user when another model answered.
async function send(found: Response, response: ServerResponse, model: string | undefined): Promise<void> {
  const decoder = new TextDecoder()
  for await (const piece of found.body ?? []) {
    const text = decoder.decode(piece, { stream: true })
    response.write(
      model === undefined
        ? text
        : text.replaceAll(/"model":"pincer-demo[^"]*"/g, `"model":${JSON.stringify(model)}`),
    )
  }
}

// Texts that are turned into vectors come without a prompt around them.
function unwrapWhatIsChat(body: Partial<ChatBody>): Partial<ChatBody> {
  const { model, messages } = body
  return model === undefined || messages === undefined ? body : unwrapPrompt({ ...body, model, messages })
}

async function readBody(request: IncomingMessage): Promise<Partial<ChatBody>> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return JSON.parse(Buffer.concat(pieces).toString()) as Partial<ChatBody>
}
