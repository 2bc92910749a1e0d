import { randomUUID } from 'node:crypto'
import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'

/** An error as the Gateway writes it on the wire. */
export interface ScriptedError {
  readonly code: string
  readonly message: string
  readonly details?: Readonly<Record<string, unknown>>
  readonly retryable?: boolean
  readonly retryAfterMs?: number
}

/** One request as it came in; an answer may use it to answer twice, late, or not at all. */
interface ScriptedRequest {
  readonly id: string
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
  readonly answer: (payload: unknown) => void
  readonly refuse: (error: ScriptedError) => void
  /** Sends an event on the connection that asked. */
  readonly emit: (event: string, payload: unknown) => void
  /** Cuts the connection that asked. */
  readonly drop: () => void
}

/** Gives the payload of the answer; throws a {@link ScriptedRefusal}, or returns {@link silence} where none is to be sent. */
export type ScriptedAnswer = (request: ScriptedRequest) => unknown

/** Returned by an answer that answers by itself, or never. */
export const silence: unique symbol = Symbol('silence')

/** Thrown by an answer, it becomes the error of the response. */
export class ScriptedRefusal extends Error {
  readonly error: ScriptedError

  constructor(error: ScriptedError) {
    super(error.message)
    this.error = error
  }
}

export interface ScriptedGatewayOptions {
  readonly answers?: Readonly<Record<string, ScriptedAnswer>>
  /** Where set, `connect` must carry it; else every client is let in. */
  readonly token?: string
  /** Merged over what is sent as `hello-ok`. */
  readonly hello?: Readonly<Record<string, unknown>>
  /** PEM of a certificate and its key: then it speaks wss. */
  readonly tls?: { readonly cert: string; readonly key: string }
  readonly port?: number
}

/** The error that a Gateway gives while its side parts start. */
export const startingError: ScriptedError = {
  code: 'UNAVAILABLE',
  message: 'gateway starting',
  details: { reason: 'startup-sidecars' },
  retryable: true,
  retryAfterMs: 120,
}

export interface ScriptedGateway {
  readonly url: string
  readonly port: number
  readonly bootId: string
  /** Parameters of every `connect`, oldest first. */
  readonly connects: readonly Readonly<Record<string, unknown>>[]
  /** Every request after the handshake, oldest first. */
  readonly requests: readonly {
    readonly method: string
    readonly params: Readonly<Record<string, unknown>>
  }[]
  /** Headers of every upgrade to a WebSocket, oldest first. */
  readonly upgrades: readonly Readonly<Record<string, unknown>>[]
  /** Connections that have said hello and are open. */
  readonly open: number
  /** Replaces or adds answers. */
  answer(method: string, answer: ScriptedAnswer): void
  /** Refuses every `connect` with this error, until it is called with `undefined`; a number says how often. */
  refuseConnect(error: ScriptedError | undefined, times?: number): void
  /** Sends an event to everybody who is connected. */
  emit(event: string, payload: unknown): void
  /** Cuts every connection without a goodbye. */
  drop(): void
  /** Stops listening and cuts every connection, as a Gateway that was killed; or says goodbye with a close code. */
  stop(closeCode?: number): Promise<void>
  /** Listens again on the same port, as a new process: new boot id, nothing known. */
  start(): Promise<void>
  close(): Promise<void>
}

type Parameters = Readonly<Record<string, unknown>>

/** Starts a small server on loopback that speaks OpenClaw's handshake and answers by a table. */
export async function startScriptedGateway(options: ScriptedGatewayOptions = {}): Promise<ScriptedGateway> {
  const answers = new Map<string, ScriptedAnswer>(Object.entries(options.answers ?? {}))
  const connects: Parameters[] = []
  const requests: { method: string; params: Parameters }[] = []
  const upgrades: Parameters[] = []
  const greeted = new Map<WebSocket, { seq: number }>()
  let bootId = randomUUID()
  let port = options.port ?? 0
  let refusal: { error: ScriptedError; left: number } | undefined
  let http: Server | undefined
  let sockets: WebSocketServer | undefined

  function send(socket: WebSocket, frame: unknown): void {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame))
  }

  function emitTo(socket: WebSocket, event: string, payload: unknown): void {
    const state = greeted.get(socket)
    if (state === undefined) return
    state.seq += 1
    send(socket, { type: 'event', event, payload, seq: state.seq })
  }

  function connect(socket: WebSocket, id: string, params: Parameters): void {
    connects.push(params)
    const refuse = (error: ScriptedError): void => {
      send(socket, { type: 'res', id, ok: false, error })
      socket.close(error.details?.['code'] === 'PROTOCOL_MISMATCH' ? 1002 : 1008, error.message.slice(0, 120))
    }
    if (refusal !== undefined && refusal.left > 0) {
      refusal.left -= 1
      refuse(refusal.error)
      return
    }
    const auth = (params['auth'] ?? {}) as Parameters
    if (
      options.token !== undefined &&
      auth['token'] !== options.token &&
      auth['password'] !== options.token
    ) {
      refuse(
        auth['token'] === undefined
          ? {
              code: 'NOT_PAIRED',
              message: 'device identity required',
              details: { code: 'DEVICE_IDENTITY_REQUIRED' },
            }
          : {
              code: 'INVALID_REQUEST',
              message: 'unauthorized: gateway token mismatch (provide gateway auth token)',
              details: {
                code: 'AUTH_TOKEN_MISMATCH',
                authReason: 'token_mismatch',
                canRetryWithDeviceToken: false,
              },
            },
      )
      return
    }
    greeted.set(socket, { seq: 0 })
    send(socket, {
      type: 'res',
      id,
      ok: true,
      payload: {
        type: 'hello-ok',
        protocol: 4,
        server: { version: '2026.9.6', bootId, connId: randomUUID() },
        features: { methods: ['agents.list'], events: ['agent', 'chat'] },
        snapshot: { sessionDefaults: { defaultAgentId: 'main', mainSessionKey: 'agent:main:main' } },
        auth: { role: 'operator', method: 'token', scopes: params['scopes'] ?? [] },
        policy: { maxPayload: 26_214_400, maxBufferedBytes: 52_428_800, tickIntervalMs: 30_000 },
        ...options.hello,
      },
    })
  }

  async function serve(
    socket: WebSocket,
    frame: { id: string; method: string; params?: Parameters },
  ): Promise<void> {
    const { id, method, params = {} } = frame
    if (!greeted.has(socket)) {
      if (method === 'connect') connect(socket, id, params)
      else socket.close(1008, 'invalid handshake: first request must be connect')
      return
    }
    requests.push({ method, params })
    const answer = (payload: unknown): void => send(socket, { type: 'res', id, ok: true, payload })
    const refuse = (error: ScriptedError): void => send(socket, { type: 'res', id, ok: false, error })
    const give = answers.get(method)
    if (give === undefined) {
      refuse({ code: 'INVALID_REQUEST', message: `unknown method: ${method}` })
      return
    }
    try {
      const payload = await give({
        id,
        method,
        params,
        answer,
        refuse,
        emit: (event, data) => emitTo(socket, event, data),
        drop: () => socket.terminate(),
      })
      if (payload !== silence) answer(payload)
    } catch (error) {
      if (!(error instanceof ScriptedRefusal)) throw error
      refuse(error.error)
    }
  }

  async function start(): Promise<void> {
    bootId = randomUUID()
    const server = options.tls === undefined ? createHttpServer() : createHttpsServer(options.tls)
    const accepting = new WebSocketServer({ server })
    accepting.on('connection', (socket, { headers }) => {
      upgrades.push(headers)
      socket.on('close', () => greeted.delete(socket))
      socket.on('error', () => undefined)
      socket.on('message', (data) => {
        const text = Buffer.isBuffer(data) ? data.toString() : '{}'
        void serve(socket, JSON.parse(text) as { id: string; method: string; params?: Parameters })
      })
      send(socket, {
        type: 'event',
        event: 'connect.challenge',
        payload: { nonce: randomUUID(), ts: Date.now() },
      })
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })
    port = (server.address() as AddressInfo).port
    http = server
    sockets = accepting
  }

  async function stop(closeCode?: number): Promise<void> {
    const [server, accepting] = [http, sockets]
    http = undefined
    sockets = undefined
    if (server === undefined || accepting === undefined) return
    for (const socket of accepting.clients) {
      if (closeCode === undefined) socket.terminate()
      else socket.close(closeCode, 'service restart')
    }
    greeted.clear()
    await new Promise<void>((resolve) => {
      accepting.close(() => server.close(() => resolve()))
      server.closeAllConnections()
    })
  }

  await start()
  return {
    get url() {
      return `${options.tls === undefined ? 'ws' : 'wss'}://127.0.0.1:${port}`
    },
    get port() {
      return port
    },
    get bootId() {
      return bootId
    },
    connects,
    requests,
    upgrades,
    get open() {
      return greeted.size
    },
    answer(method, give) {
      answers.set(method, give)
    },
    refuseConnect(error, times = Number.POSITIVE_INFINITY) {
      refusal = error === undefined ? undefined : { error, left: times }
    },
    emit(event, payload) {
      for (const socket of greeted.keys()) emitTo(socket, event, payload)
    },
    drop() {
      for (const socket of greeted.keys()) socket.terminate()
    },
    stop,
    start,
    close: () => stop(),
  }
}
