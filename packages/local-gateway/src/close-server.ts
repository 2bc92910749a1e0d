import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** How long requests under way may take once the server closes, in milliseconds. */
const graceMs = 5_000

/**
 * Makes the function that closes a server gently: it takes no new connections, lets requests under way end, and cuts
 * what is left after 5 s.
 */
export function prepareClose(server: Server): () => Promise<void> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })

  // Kept alive for a next request, or opened for a first one: there will be none.
  function sweep(): void {
    server.closeIdleConnections()
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
  }

  return async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    server.close(() => resolve())
    sweep()
    const sweeping = setInterval(sweep, 20)
    const cut = setTimeout(() => server.closeAllConnections(), graceMs)
    await promise
    clearInterval(sweeping)
    clearTimeout(cut)
  }
}
