import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// Gateways are started in the test runner's workers and must end even where a worker dies, so they are noted in a file.
const variable = 'PINCER_OPENCLAW_FOLDER'

/** Makes the folder that holds the homes of all Gateways of this run of the suite, and the list of their processes. */
export function openSuiteFolder(): void {
  process.env[variable] = mkdtempSync(join(tmpdir(), 'pincer-openclaw-'))
}

/**
 * The folder of this run of the suite.
 *
 * @throws Error outside of `./pnpmw test:openclaw`.
 */
export function suiteFolder(): string {
  const folder = process.env[variable]
  if (folder === undefined) throw new Error('run this through `./pnpmw test:openclaw`')
  return folder
}

/** Kills what still runs and removes the folder, at once: it is called while the process ends. */
export function closeSuiteFolder(): void {
  killNotedProcesses()
  rmSync(suiteFolder(), { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
}

/** Notes that the leader of a process group was started, or has ended. */
export function noteProcess(change: 'started' | 'ended', pid: number): void {
  appendFileSync(notesPath(), `${change} ${pid}\n`)
}

function killNotedProcesses(): void {
  const open = new Set<number>()
  for (const line of readNotes()) {
    const [change, pid] = line.split(' ')
    if (change === 'started') open.add(Number(pid))
    else open.delete(Number(pid))
  }
  for (const pid of open) {
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // it ended with its worker
    }
  }
}

function readNotes(): readonly string[] {
  try {
    return readFileSync(notesPath(), 'utf8').split('\n').filter(Boolean)
  } catch {
    return [] // nothing was started
  }
}

function notesPath(): string {
  return join(suiteFolder(), 'processes')
}
