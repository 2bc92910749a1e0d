import { createServer, type Server } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'

const chunkCount = 1_000

const answer = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-5-mini',
  choices: [
    {
      index: 0,
      finish_reason: 'stop',
      message: { role: 'assistant', content: 'It rains in Bergen.', refusal: null },
    },
  ],
  usage: { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 },
})

const stream = [
  ...Array.from({ length: chunkCount }, (_, index) => chunk({ content: `word${index} ` }, null)),
  chunk({}, 'stop'),
  `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-5-mini', choices: [], usage: { prompt_tokens: 12, completion_tokens: chunkCount, total_tokens: chunkCount + 12 } })}\n\n`,
  'data: [DONE]\n\n',
]
const streamBytes = new TextEncoder().encode(stream.join(''))

/** How many pieces of text a canned stream has. */
export const piecesPerStream: number = chunkCount

function chunk(delta: object, finishReason: string | null): string {
  const choices = [{ index: 0, delta, finish_reason: finishReason }]
  return `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-5-mini', choices })}\n\n`
}

/** The model as a function: no socket, so that only the client and what wraps it are measured. */
export async function cannedFetch(_url: unknown, init?: RequestInit): Promise<Response> {
  const wantsStream = typeof init?.body === 'string' && init.body.includes('"stream":true')
  // A real answer comes in a later turn of the event loop, in which timers and sockets have theirs.
  await nextTurn()
  if (!wantsStream)
    return new Response(answer, { headers: { 'content-type': 'application/json', 'x-request-id': 'req_1' } })
  return new Response(streamBytes, {
    headers: { 'content-type': 'text/event-stream', 'x-request-id': 'req_1' },
  })
}

/** The model as a server on loopback. */
export async function startCannedModel(): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const wantsStream = Buffer.concat(parts).includes('"stream":true')
      response.setHeader('content-type', wantsStream ? 'text/event-stream' : 'application/json')
      response.end(wantsStream ? streamBytes : answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the canned model has no port')
  return { url: `http://127.0.0.1:${address.port}/v1`, server }
}
