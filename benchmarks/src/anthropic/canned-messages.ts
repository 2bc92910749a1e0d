import { setImmediate as nextTurn } from 'node:timers/promises'

const pieces = 1_000

const usage = {
  input_tokens: 12,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  output_tokens: 5,
}
const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-opus-5',
  content: [{ type: 'text', text: 'It rains in Bergen.', citations: null }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage,
}
const answer = JSON.stringify(message)

const stream = [
  { type: 'message_start', message: { ...message, content: [], stop_reason: null } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  ...Array.from({ length: pieces }, (_, index) => ({
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'text_delta', text: `word${index} ` },
  })),
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage },
  { type: 'message_stop' },
]
const streamBytes = new TextEncoder().encode(
  stream.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''),
)

/** How many pieces of text a canned stream has. */
export const piecesPerStream: number = pieces

/** The Messages API as a function: no socket, so that only the client and what watches it are measured. */
export async function cannedFetch(_url: unknown, init?: RequestInit): Promise<Response> {
  const wantsStream = typeof init?.body === 'string' && init.body.includes('"stream":true')
  // A real answer comes in a later turn of the event loop, in which timers and sockets have theirs.
  await nextTurn()
  const type = wantsStream ? 'text/event-stream' : 'application/json'
  return new Response(wantsStream ? streamBytes : answer, {
    headers: { 'content-type': type, 'request-id': 'req_1' },
  })
}
