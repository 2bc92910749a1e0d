import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

/** How a program ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly elapsedMs: number
}

/** A program that runs in a process of its own. */
export interface Child {
  readonly process: ChildProcess
  /** What it has written so far. */
  readonly stdout: () => string
  readonly ended: Promise<Ended>
}

/** Starts a program of `test/programs`; an unhandled rejection in it is its end. */
export function startProgram(
  name: string,
  env: Readonly<Record<string, string>> = {},
  flags: readonly string[] = [],
): Child {
  const startedAt = performance.now()
  const child = spawn(
    process.execPath,
    [
      '--conditions=@pincer/source',
      '--unhandled-rejections=strict',
      // Node 22 calls SQLite experimental.
      '--disable-warning=ExperimentalWarning',
      ...flags,
      join(import.meta.dirname, 'programs', `${name}.ts`),
    ],
    { env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const killer = setTimeout(() => child.kill('SIGKILL'), 30_000)
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => {
      clearTimeout(killer)
      resolve({ code, signal, stdout, stderr, elapsedMs: performance.now() - startedAt })
    })
  })
  return { process: child, stdout: () => stdout, ended }
}
