import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

/** What is asked of the machine, so that a test can ask for another one. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>
  /** True where packages of the system can be installed. */
  readonly mayInstall: boolean
  readonly install: () => Promise<void>
}

const advice =
  'install it (Debian: apt-get install chromium), or set PINCER_CHROMIUM to the path of a Chromium or Chrome'

/**
 * Finds Chromium for the tests that need a browser: `PINCER_CHROMIUM`, or `chromium` on the PATH; where it is missing and the
 * process is root on Debian, it is installed.
 *
 * @throws Error that says what to install
 */
export async function findChromium(machine: Machine = thisMachine()): Promise<string> {
  const { env, mayInstall, install } = machine
  const named = env['PINCER_CHROMIUM']
  if (named !== undefined && named !== '') {
    if (isProgram(named)) return named
    throw new Error(`PINCER_CHROMIUM: "${named}" is no program; ${advice}`)
  }
  const found = searchPath(env)
  if (found !== undefined) return found
  if (!mayInstall) throw new Error(`Chromium is missing; ${advice}`)
  try {
    await install()
  } catch (error) {
    throw new Error(`Chromium is missing and could not be installed; ${advice}`, { cause: error })
  }
  const installed = searchPath(env)
  if (installed !== undefined) return installed
  throw new Error(`Chromium was installed but is not on the PATH; ${advice}`)
}

function searchPath(env: Machine['env']): string | undefined {
  return (env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'chromium'))
    .find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const run = promisify(execFile)

function thisMachine(): Machine {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return {
    env,
    mayInstall: process.getuid?.() === 0 && isProgram('/usr/bin/apt-get'),
    async install() {
      const aptGet = (...args: string[]): Promise<unknown> => run('apt-get', ['-qq', ...args], { env })
      await aptGet('update')
      await aptGet('install', '-y', '--no-install-recommends', 'chromium')
    },
  }
}
