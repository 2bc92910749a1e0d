import { WebSocket, WebSocketServer } from 'ws'

/** A WebSocket in front of the Gateway that changes what clients say. */
export interface FrameProxy {
  readonly url: string
  close(): Promise<void>
}

/** Starts one that hands every frame of a client to `change` and sends on what comes back. */
export async function startFrameProxy(
  target: string,
  change: (frame: string) => string,
): Promise<FrameProxy> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await new Promise<void>((resolve) => server.once('listening', resolve))
  server.on('connection', (client) => {
    const gateway = new WebSocket(target)
    gateway.on('message', (frame: Buffer) => client.send(frame.toString()))
    gateway.on('close', (code, reason) => client.close(code === 1006 ? 1011 : code, reason.toString()))
    client.on('message', (frame: Buffer) => gateway.send(change(frame.toString())))
    client.on('close', () => gateway.close())
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no free port on loopback')
  return {
    url: `ws://127.0.0.1:${address.port}`,
    async close() {
      for (const client of server.clients) client.terminate()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
