import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A model behind HTTP that says one word, and then nothing more for as long as somebody listens. */
export interface HangingModel {
  readonly baseUrl: string
  /** How many wait for its next word. */
  readonly listening: number
  close(): Promise<void>
}

/** Starts a model that never ends what it says. */
export async function startHangingModel(): Promise<HangingModel> {
  let listening = 0
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const delta = { role: 'assistant', content: 'well' }
    const chunk = { id: 'chat_1', model: 'hanging', choices: [{ index: 0, delta, finish_reason: null }] }
    response.write(`data: ${JSON.stringify(chunk)}\n\n`)
    listening++
    response.on('close', () => listening--)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A server that listens on a port has such an address.
  const { port } = server.address() as AddressInfo
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    get listening() {
      return listening
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
