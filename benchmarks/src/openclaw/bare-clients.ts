import { GatewayClient } from '@openclaw/gateway-client'
import { WebSocket } from 'ws'

/** What the measurements ask of a client: requests, and every event once. */
export interface MeasuredClient {
  request(method: string, params: unknown): Promise<unknown>
  onEvent(listener: () => void): void
  close(): Promise<void>
}

/** Nothing but a socket, a table of open requests and JSON: what any client has to do. */
export async function openSocket(url: string): Promise<MeasuredClient> {
  const socket = new WebSocket(url)
  const open = new Map<string, (payload: unknown) => void>()
  let listener: (() => void) | undefined
  let next = 0
  const request = (method: string, params: unknown): Promise<unknown> => {
    const id = String((next += 1))
    socket.send(JSON.stringify({ type: 'req', id, method, params }))
    return new Promise((resolve) => open.set(id, resolve))
  }
  await new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as {
        type: string
        event?: string
        id?: string
        payload?: unknown
      }
      if (frame.type === 'event') {
        if (frame.event === 'connect.challenge') void request('connect', {}).then(() => resolve())
        else listener?.()
        return
      }
      const id = frame.id ?? ''
      open.get(id)?.(frame.payload)
      open.delete(id)
    })
  })
  return {
    request,
    onEvent: (given) => {
      listener = given
    },
    close: async () => socket.terminate(),
  }
}

/** The reference client as its own documentation starts it. */
export async function openReference(url: string): Promise<MeasuredClient> {
  let listener: (() => void) | undefined
  const client = await new Promise<GatewayClient>((resolve, reject) => {
    const opened: GatewayClient = new GatewayClient({
      url,
      token: 'benchmark',
      scopes: ['operator.read'],
      caps: ['tool-events'],
      minProtocol: 4,
      maxProtocol: 4,
      onEvent: () => listener?.(),
      onHelloOk: () => resolve(opened),
      onConnectError: reject,
    })
    opened.start()
  })
  return {
    request: (method, params) => client.request(method, params),
    onEvent: (given) => {
      listener = given
    },
    close: () => client.stopAndWait(),
  }
}
