#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { PincerError } from '@pincer/protocol'
import { noticeApprovals } from './approval-notice.ts'
import { defaultDatabasePath, type LocalGatewayOptions } from './options.ts'
import { startLocalGateway } from './start-local-gateway.ts'
import { readVersion } from './version.ts'

const usage = `pincer-local-gateway [options]

  --port <number>        port to listen on; 7462, and 0 takes any free one
  --host <address>       address to listen on; 127.0.0.1, any other needs a token
  --database <file>      where the record lies; ./pincer.sqlite
  --token-file <file>    file that holds the bearer token (or set PINCER_TOKEN)
  --policies <file>      JSON file of guard policies
  --agents <file>        JSON file with an array of agents
  --prices <file>        JSON file of prices by model id, in US dollars per million tokens
  --version              the version of this package
  --help                 this text
`

const argumentOptions = {
  port: { type: 'string' },
  host: { type: 'string' },
  database: { type: 'string' },
  'token-file': { type: 'string' },
  policies: { type: 'string' },
  agents: { type: 'string' },
  prices: { type: 'string' },
  version: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

function readArguments(): ReturnType<typeof parseArgs<{ options: typeof argumentOptions }>>['values'] {
  try {
    return parseArgs({ options: argumentOptions }).values
  } catch (error) {
    // Node goes on to explain its own rules; its first sentence names the argument.
    const [sentence] = error instanceof Error ? error.message.split('. ') : ['the arguments cannot be read']
    throw new PincerError('invalid_option', `${sentence}; see --help`)
  }
}

/** Reads the command line; throws what is wrong with it. */
function readOptions(): LocalGatewayOptions | 'help' | 'version' {
  const values = readArguments()
  if (values.help === true) return 'help'
  if (values.version === true) return 'version'
  const { port, host, database, policies, agents, prices } = values
  const token = readToken(values['token-file'])
  return {
    ...(port === undefined ? {} : { port: readPort(port) }),
    ...(host === undefined ? {} : { host }),
    ...(database === undefined ? {} : { databasePath: database }),
    ...(token === undefined ? {} : { token }),
    ...(policies === undefined ? {} : { policyFile: policies }),
    ...(agents === undefined ? {} : { agents: readJson('--agents', agents) }),
    ...(prices === undefined ? {} : { prices: readJson('--prices', prices) }),
  }
}

function readPort(value: string): number {
  const port = Number(value)
  if (/^\d{1,5}$/.test(value) && port <= 65_535) return port
  throw new PincerError('invalid_option', `--port: expected a number from 0 to 65535, found "${value}"`)
}

function readToken(file: string | undefined): string | undefined {
  const token = file === undefined ? process.env['PINCER_TOKEN'] : readText('--token-file', file)
  return token === undefined || token.trim() === '' ? undefined : token.trim()
}

/** What the file holds is checked by the gateway itself. */
function readJson<Value>(option: string, file: string): Value {
  const text = readText(option, file)
  try {
    return JSON.parse(text) as Value
  } catch {
    throw new PincerError('invalid_option', `${option}: "${file}" does not hold JSON`)
  }
}

function readText(option: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new PincerError('invalid_option', `${option}: cannot read "${file}"`, { cause })
  }
}

async function main(): Promise<void> {
  const options = readOptions()
  if (options === 'help') return void process.stdout.write(usage)
  if (options === 'version') return void process.stdout.write(`${readVersion()}\n`)
  const gateway = await startLocalGateway(options)
  const stop = (): void => {
    gateway.close().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    )
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  const { databasePath = defaultDatabasePath, token } = options
  const database = databasePath === ':memory:' ? 'in memory, until it ends' : resolve(databasePath)
  process.stdout.write(
    `pincer local gateway listens on ${gateway.url}\n  record: ${database}\n  demo model: ${gateway.url}/demo/v1\n`,
  )
  const write = (text: string): void => void process.stdout.write(text)
  noticeApprovals({ running: gateway, hasToken: token !== undefined, write }).catch((error: unknown) =>
    process.stderr.write(`pincer local gateway: approvals are no longer told here: ${String(error)}\n`),
  )
}

function fail(error: unknown): void {
  process.stderr.write(`pincer-local-gateway: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}

main().catch(fail)
