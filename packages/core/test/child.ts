import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

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

const programs = {
  deaf: new URL('programs/deaf.ts', import.meta.url),
  heap: new URL('programs/heap.ts', import.meta.url),
  idle: new URL('programs/idle.ts', import.meta.url),
  record: new URL('programs/record.ts', import.meta.url),
  unguarded: new URL('programs/unguarded.ts', import.meta.url),
  unloadable: new URL('programs/unloadable.ts', import.meta.url),
}

/** Starts a program of `test/programs`; an unhandled rejection in it is its end. */
export function startProgram(
  name: 'deaf' | 'unguarded' | 'heap' | 'idle' | 'record' | 'unloadable',
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
      fileURLToPath(programs[name]),
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
