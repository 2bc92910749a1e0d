import { connect } from 'node:net'

/** What came back over a plain socket. */
export interface RawAnswer {
  readonly status: number
  readonly text: string
  /** True where the other side hung up within the time. */
  readonly closed: boolean
}

/**
 * Writes bytes to a port of this machine as they are, and reads until the other side hangs up or `waitMs` passed.
 *
 * This side never hangs up by itself.
 */
export function sendRaw(port: number, bytes: string | Uint8Array, waitMs = 2_000): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    let text = ''
    let poking: NodeJS.Timeout | undefined
    const finish = (closed: boolean): void => {
      clearTimeout(timer)
      clearInterval(poking)
      socket.destroy()
      resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0), text, closed })
    }
    const timer = setTimeout(finish, waitMs, false)
    socket.on('connect', () => socket.write(bytes))
    socket.on('data', (chunk) => (text += chunk.toString('latin1')))
    // Only writing tells whether the other side still holds its half.
    socket.on('end', () => (poking ??= setInterval(() => socket.write('\r\n'), 20)))
    socket.on('error', () => finish(true))
    socket.on('close', () => finish(true))
  })
}
