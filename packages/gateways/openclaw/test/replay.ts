import { readFile } from 'node:fs/promises'
import { type IdMap, matchRequest, translateIds } from './match-request.ts'
import {
  isMove,
  parseRecording,
  type RecordedFrame,
  type RecordedLine,
  type RecordedMove,
} from './recording.ts'
import { ReplayTransport } from './replay-transport.ts'

// Nothing but the client itself is waited for, so that a second of silence is the end of it.
const patienceMs = 4000

/** What a replayed frame is handed to. */
export type FrameListener = (frame: RecordedFrame) => void

/**
 * One recording, told again to any number of clients.
 *
 * What came back is handed out in the order of the recording, each piece only after all that the clients did before it was done
 * again. Ids that the clients make are translated from recorded to actual in everything that comes back.
 */
export class Replay {
  readonly #lines: readonly RecordedLine[]
  readonly #name: string
  readonly #paced: boolean
  readonly #done = new Set<RecordedMove>()
  readonly #ids: IdMap = new Map()
  readonly #listeners = new Map<number, FrameListener>()
  readonly #problems: Error[] = []
  readonly #failed = Promise.withResolvers<never>()
  #at = 0
  #ended = false
  #clients = 0
  #turn: NodeJS.Immediate | NodeJS.Timeout | undefined
  #patience: NodeJS.Timeout | undefined

  /** @param paced - True gives every frame the time that it took when it was recorded. */
  constructor(name: string, lines: readonly RecordedLine[], paced = false) {
    this.#name = name
    this.#paced = paced
    this.#lines = lines
    this.#failed.promise.catch(() => {}) // whoever awaits it hears of it
  }

  /** Reads the recording at `path`. */
  static async read(path: string, paced = false): Promise<Replay> {
    return new Replay(path.split('/').at(-1) ?? path, parseRecording(await readFile(path, 'utf8')), paced)
  }

  /** The transport of the next client, in the order of the recording. */
  open(): ReplayTransport {
    return new ReplayTransport(this, ++this.#clients)
  }

  /** Rejects as soon as a client does what the recording does not have, or does nothing where the recording waits for it. */
  get failed(): Promise<never> {
    return this.#failed.promise
  }

  /** Hands the frames of this client, or of the story's own requests (0), to a listener. */
  listen(client: number, listener: FrameListener): void {
    this.#listeners.set(client, listener)
    this.#turnSoon()
  }

  /** Goes on behind the opening of this client. */
  opens(client: number): void {
    const line = this.#lines.find((found) => 'opens' in found && found.client === client)
    this.#do(line, `client ${client}`)
  }

  /** Finds a request of this client; returns the number that its answer carries. */
  request(client: number, rpc: string, params: unknown): number {
    const left = this.#lines.filter((line) => 'request' in line && line.client === client && line.rpc === rpc)
    const open = left.filter((line) => isMove(line) && !this.#done.has(line))
    for (const line of open) {
      if (!('request' in line)) continue
      const ids = matchRequest(line.params, params, this.#ids)
      if (ids === undefined) continue
      for (const [recorded, actual] of ids) this.#ids.set(recorded, actual)
      this.#do(line, rpc)
      return line.request
    }
    const known = open.map((line) => JSON.stringify('request' in line ? line.params : undefined)).join('\n  ')
    return this.#fail(
      `client ${client} requests ${rpc} ${JSON.stringify(params)}, which the recording does not have (any more); it has ${left.length} of them, still open are:\n  ${known || 'none'}`,
    )
  }

  /** Finds a request of the story over HTTP; returns the number that its answer carries. */
  fetch(method: string, path: string, body: unknown): number {
    const line = this.#lines.find(
      (found) =>
        'fetch' in found &&
        !this.#done.has(found) &&
        found.method === method &&
        found.path === path &&
        matchRequest(found.body, body, this.#ids) !== undefined,
    )
    this.#do(line, `${method} ${path} ${JSON.stringify(body)}`)
    return line !== undefined && 'fetch' in line ? line.fetch : 0
  }

  /**
   * Ends the replay.
   *
   * @throws the first thing that went otherwise than recorded.
   */
  end(): void {
    clearTimeout(this.#patience)
    this.#ended = true
    this.#at = this.#lines.length
    const [problem] = this.#problems
    if (problem !== undefined) throw problem
  }

  #do(line: RecordedLine | undefined, what: string): void {
    if (line === undefined || !isMove(line)) return this.#fail(`there is no ${what}, or no further one`)
    this.#done.add(line)
    this.#turnSoon()
  }

  #fail(message: string): never {
    const problem = new Error(`the recording ${this.#name} and the client differ: ${message}`)
    this.#problems.push(problem)
    this.#failed.reject(problem)
    throw problem
  }

  // One frame in a turn of the event loop, as from a socket.
  #turnSoon(): void {
    clearTimeout(this.#patience)
    if (this.#turn !== undefined || this.#ended) return
    const step = (): void => {
      this.#turn = undefined
      this.#step()
    }
    const pauseMs = this.#paced ? this.#pauseMs() : 0
    this.#turn = pauseMs > 0 ? setTimeout(step, pauseMs) : setImmediate(step)
  }

  #pauseMs(): number {
    const line = this.#lines[this.#at]
    const before = this.#lines[this.#at - 1]
    return line === undefined || isMove(line) ? 0 : (line.t ?? 0) - (before?.t ?? 0)
  }

  #step(): void {
    const line = this.#lines[this.#at]
    if (line === undefined || this.#ended) return
    if (isMove(line) ? !this.#done.has(line) : !this.#deliver(line)) return this.#wait(line)
    this.#at++
    this.#turnSoon()
  }

  #deliver(line: RecordedFrame): boolean {
    const listener = this.#listeners.get('client' in line ? line.client : 0)
    if (listener === undefined) return false
    listener(JSON.parse(translateIds(JSON.stringify(line), this.#ids)) as RecordedFrame)
    return true
  }

  #wait(line: RecordedLine): void {
    this.#patience = setTimeout(() => {
      try {
        this.#fail(
          `for ${patienceMs} ms nobody has done line ${this.#at + 1}: ${JSON.stringify(line).slice(0, 400)}`,
        )
      } catch {
        // told through `failed` and at the end
      }
    }, patienceMs)
  }
}
