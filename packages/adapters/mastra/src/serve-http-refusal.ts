import type { ServerResponse } from 'node:http'

/** A request that is refused before a tool hears of it. */
export class HttpRefusal extends Error {
  override readonly name: string = 'HttpRefusal'
  readonly status: number
  /** The code of JSON-RPC. */
  readonly rpcCode: number

  constructor(status: number, message: string, rpcCode = -32_000) {
    super(message)
    this.status = status
    this.rpcCode = rpcCode
  }
}

/** Answers a refused request, and lets go of its connection, since what was sent has not been read to its end. */
export function sendRefusal(response: ServerResponse, { status, rpcCode: code, message }: HttpRefusal): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.writeHead(status, {
    'content-type': 'application/json',
    connection: 'close',
    'x-content-type-options': 'nosniff',
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
    ...(status === 405 && { allow: 'GET, POST, DELETE' }),
  })
  response.end(JSON.stringify({ jsonrpc: '2.0', id: null, error: { code, message } }))
}
