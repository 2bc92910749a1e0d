import { readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { PincerError } from '@pincer/protocol'
import json5 from 'json5'
import { isRecord } from './connection/wire-error.ts'

/** Variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>

const largestConfigBytes = 4_000_000

/**
 * Reads OpenClaw's configuration; empty where there is no such file.
 *
 * @throws PincerError `invalid_option` where it cannot be read, without a piece of it.
 */
export function readConfig(path: string): Readonly<Record<string, unknown>> {
  let text: string
  try {
    const found = statSync(path)
    if (!found.isFile() || found.size > largestConfigBytes) {
      throw invalid(path, `expected a file of at most ${largestConfigBytes} bytes`)
    }
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (isRecord(error) && error['code'] === 'ENOENT') return {}
    if (PincerError.isInstance(error)) throw error
    throw invalid(path, 'could not be read; check its permissions, or pass `url` and `token`')
  }
  try {
    const config: unknown = json5.parse(text)
    return isRecord(config) ? config : {}
  } catch {
    // The parser's own words could hold a piece of the file, and that piece a secret.
    throw invalid(path, 'is not JSON5; correct it, or pass `url` and `token`')
  }
}

/** Where OpenClaw keeps its configuration. */
export function findConfigPath(env: Environment): string {
  const named = readVariable(env, 'OPENCLAW_CONFIG_PATH')
  return named === undefined ? join(findStateDir(env), 'openclaw.json') : expandHome(env, named)
}

/** The folder in which OpenClaw keeps what it knows. */
export function findStateDir(env: Environment): string {
  const named = readVariable(env, 'OPENCLAW_STATE_DIR')
  if (named !== undefined) return expandHome(env, named)
  const home = readVariable(env, 'OPENCLAW_HOME')
  return join(home === undefined ? findHome(env) : expandHome(env, home), '.openclaw')
}

function expandHome(env: Environment, path: string): string {
  return resolve(/^~(?=$|[\\/])/.test(path) ? join(findHome(env), path.slice(1)) : path)
}

function findHome(env: Environment): string {
  return readVariable(env, 'HOME') ?? readVariable(env, 'USERPROFILE') ?? homedir()
}

/** A variable that is set. */
export function readVariable(env: Environment, name: string): string | undefined {
  // OpenClaw takes these for unset: shells and service files leave them behind.
  const value = env[name]?.trim()
  return value === undefined || ['', 'undefined', 'null'].includes(value) ? undefined : value
}

function invalid(option: string, message: string): PincerError {
  return new PincerError('invalid_option', `${option}: ${message}`)
}
