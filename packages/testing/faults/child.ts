import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A second process of the fault story. */
export interface Child {
  /** The next line it printed, read as JSON; fails when it ends without one. */
  next(): Promise<unknown>
  /** Sends it a line. */
  write(line: string): void
  kill(signal: NodeJS.Signals): void
  /** How it ended, and what it said on stderr. */
  ended(): Promise<{
    readonly code: number | null
    readonly signal: NodeJS.Signals | null
    readonly stderr: string
  }>
}

/** Starts a script from source; an unhandled rejection ends it with an error. */
export function startChild(script: URL, argument: string): Child {
  const path = fileURLToPath(script)
  const flags = [
    '--conditions=@pincer/source',
    '--unhandled-rejections=strict',
    '--disable-warning=ExperimentalWarning',
  ]
  const child: ChildProcess = spawn(process.execPath, [...flags, path, argument], { stdio: 'pipe' })
  const { stdout, stderr, stdin } = child
  if (stdout === null || stderr === null || stdin === null) throw new Error('a child without pipes')
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]()
  let said = ''
  stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  // A child that is gone does not read any more; how it ended is told by `ended`.
  stdin.on('error', () => {})
  // Whatever becomes of the story, no process stays behind.
  const kill = (): void => void child.kill('SIGKILL')
  process.on('exit', kill)
  child.on('close', () => process.off('exit', kill))
  const exit = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  return {
    async next() {
      const line = await lines.next()
      if (line.done === true) throw new Error(`${path} ended early: ${said.slice(0, 2000)}`)
      return JSON.parse(line.value) as unknown
    },
    write: (line) => void stdin.write(`${line}\n`),
    kill: (signal) => void child.kill(signal),
    async ended() {
      const [code, signal] = await exit
      return { code, signal, stderr: said }
    },
  }
}
