import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the fake model answers to one request. */
export interface FakeAnswer {
  readonly text?: string
  readonly reasoning?: string
  readonly toolCalls?: readonly { readonly id: string; readonly name: string; readonly arguments: string }[]
  /** Answer with this HTTP status and an error. */
  readonly status?: number
  /** Say the text, then say nothing more, and leave the connection open. */
  readonly hang?: boolean
  readonly finishReason?: string
}

/** What the model was asked, as far as the tests look at it. */
export interface ModelRequest {
  readonly model: string
  readonly reasoning_effort?: string
  readonly messages: readonly {
    readonly role: string
    readonly content: string
    readonly tool_call_id?: string
  }[]
  readonly tools?: readonly { readonly function: { readonly name: string } }[]
}

/** A model behind HTTP that answers by a script, and keeps what it was asked. */
export interface FakeModel {
  readonly baseUrl: string
  /** Bodies of the requests, in order. */
  readonly requests: readonly ModelRequest[]
  /** How many connections it holds open. */
  hanging(): number
  close(): Promise<void>
}

/** Starts a model that answers `script`; a function is asked for each request, an array is read from its start. */
export async function startFakeModel(
  script:
    | readonly FakeAnswer[]
    | ((request: ModelRequest, index: number) => FakeAnswer | Promise<FakeAnswer>),
): Promise<FakeModel> {
  const requests: ModelRequest[] = []
  const hanging = new Set<ServerResponse>()
  async function answerChat(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const asked = JSON.parse(body) as ModelRequest
    const index = requests.push(asked) - 1
    const answer = (typeof script === 'function' ? await script(asked, index) : script[index]) ?? {
      text: 'no more',
    }
    if (answer.status !== undefined) {
      response
        .writeHead(answer.status, { 'content-type': 'application/json' })
        .end(JSON.stringify({ error: { message: 'the model is ill' } }))
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const send = (delta: object, finishReason: string | null = null): void => {
      const chunk = {
        id: `chat_${index}`,
        model: 'fake-1',
        choices: [{ index: 0, delta, finish_reason: finishReason }],
      }
      response.write(`data: ${JSON.stringify(chunk)}\n\n`)
    }
    if (answer.reasoning !== undefined) send({ reasoning_content: answer.reasoning })
    if (answer.text !== undefined) send({ role: 'assistant', content: answer.text })
    if (answer.hang === true) {
      hanging.add(response)
      response.on('close', () => hanging.delete(response))
      return
    }
    answer.toolCalls?.forEach(({ id, name, arguments: input }, at) =>
      send({ tool_calls: [{ index: at, id, type: 'function', function: { name, arguments: input } }] }),
    )
    send({}, answer.finishReason ?? (answer.toolCalls === undefined ? 'stop' : 'tool_calls'))
    const usage = {
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 15,
      prompt_tokens_details: { cached_tokens: 4 },
    }
    response.end(
      `data: ${JSON.stringify({ id: `chat_${index}`, model: 'fake-1', choices: [], usage })}\n\ndata: [DONE]\n\n`,
    )
  }

  const server = createServer((request, response) => {
    if (request.url !== '/v1/models') return void answerChat(request, response)
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end('{"data":[{"id":"fake-1"},{"id":"fake-2"}]}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    hanging: () => hanging.size,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
