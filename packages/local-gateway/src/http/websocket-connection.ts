import { type Frame, type FrameError, parseFrame, ProtocolError, type RequestFrame } from '@pincer/protocol'
import type { RawData, WebSocket } from 'ws'
import type { EventLog } from '../record/event-log.ts'
import { convertError } from './convert-error.ts'
import { describeAnswer, describeProblem } from './frame-answer.ts'
import { readJson } from './json-body.ts'
import { HttpProblem } from './problem.ts'
import type { SubscriberGate } from './subscriber-gate.ts'
import { requestOf } from './websocket-methods.ts'
import { createSubscriptions } from './websocket-subscriptions.ts'

/** What a connection works on. */
export interface ConnectionParts {
  readonly eventLog: EventLog
  /** Answers requests as they come over HTTP, those of access excepted. */
  readonly answer: (request: Request) => Response | Promise<Response>
  readonly gate: SubscriberGate
}

/** Requests of one connection that are answered at the same time. */
const maxRequests = 64

/** Bytes that may wait for a client that does not read; beyond them it is cut. */
const maxBufferedBytes = 8_388_608

/** Answers the requests of one WebSocket until it closes. */
export function openConnection(socket: WebSocket, { eventLog, answer, gate }: ConnectionParts): void {
  const gone = new AbortController()
  let requests = 0
  let seq = 0
  let alive = true

  /** Resolves once the frame left this process; a client that takes nothing is cut. */
  async function send(frame: Frame): Promise<void> {
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount > maxBufferedBytes) return socket.terminate()
    const { promise, resolve } = Promise.withResolvers<void>()
    const stalled = setTimeout(() => socket.terminate(), gate.stallTimeoutMs)
    socket.send(JSON.stringify(frame), () => resolve())
    await promise
    clearTimeout(stalled)
  }

  const subscriptions = createSubscriptions(eventLog, gone.signal, (payload) =>
    send({ type: 'event', event: 'events.event', payload, seq: ++seq }),
  )

  async function serve({ id, method, params = {} }: RequestFrame): Promise<Frame> {
    if (requests >= maxRequests)
      return { type: 'res', id, ok: false, error: describeProblem(tooManyRequests()) }
    requests += 1
    try {
      const known = subscriptions.call(method, params)
      if (known !== undefined) return { type: 'res', id, ok: true, payload: known }
      return await describeAnswer(id, await answer(requestOf(method, params, gone.signal)))
    } catch (error) {
      return { type: 'res', id, ok: false, error: describeProblem(convertError(error)) }
    } finally {
      requests -= 1
    }
  }

  function receive(data: RawData, isBinary: boolean): void {
    const frame = readFrame(data, isBinary)
    if ('code' in frame) void send({ type: 'res', id: '', ok: false, error: frame })
    else void serve(frame).then(send)
  }

  const heartbeat = setInterval(() => {
    if (!alive) return socket.terminate()
    alive = false
    socket.ping()
  }, gate.heartbeatMs)
  heartbeat.unref()
  socket.on('pong', () => {
    alive = true
  })
  socket.on('message', receive)
  // A broken frame or a payload over the limit: ws closes the socket itself.
  socket.on('error', () => {})
  socket.once('close', () => {
    clearInterval(heartbeat)
    gone.abort()
  })
}

function readFrame(data: RawData, isBinary: boolean): RequestFrame | FrameError {
  try {
    if (isBinary || !Buffer.isBuffer(data)) throw new ProtocolError('', 'a text message', 'a binary one')
    const frame = parseFrame(readJson(data.toString()))
    if (frame.type !== 'req') throw new ProtocolError('type', 'req', frame.type)
    return frame
  } catch (error) {
    return describeProblem(convertError(error))
  }
}

function tooManyRequests(): HttpProblem {
  return new HttpProblem(
    429,
    'too_many_requests',
    `${maxRequests} requests of this connection are not answered yet`,
    {
      next: 'wait for an answer before you ask again',
      retryAfterMs: 100,
    },
  )
}
