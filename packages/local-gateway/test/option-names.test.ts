import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PincerError } from '@pincer/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { httpGateway } from '../src/http-gateway.ts'
import { localGateway, startLocalGateway } from '../src/index.ts'

const url = 'http://127.0.0.1:7462'
const before = process.cwd()
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pincer-options-'))
  process.chdir(folder)
})

afterEach(() => {
  process.chdir(before)
  expect(existsSync(join(folder, 'pincer.sqlite'))).toBe(false)
  rmSync(folder, { recursive: true, force: true })
})

/** Options as a program without types would give them. */
function wrong(options: unknown): never {
  return options as never
}

async function refusal(make: () => unknown): Promise<string> {
  try {
    await make()
  } catch (error) {
    expect(PincerError.isInstance(error) && error.code).toBe('invalid_option')
    return error instanceof Error ? error.message : ''
  }
  throw new Error('nothing was refused')
}

describe('localGateway()', () => {
  it.each([
    [{ uri: url }, 'uri: not an option of localGateway(); did you mean `url`?'],
    [{ database: ':memory:' }, 'did you mean `databasePath`?'],
    [{ databasepath: ':memory:' }, 'did you mean `databasePath`?'],
    [{ quite: 1 }, 'quite: not an option of localGateway(); the options are url, token,'],
    [{ url, databasePath: ':memory:' }, 'databasePath: is set where the gateway at `url` is started'],
    [{ timeoutMs: 1000 }, 'timeoutMs: is for a gateway behind HTTP; add its `url`'],
    [{ url: undefined }, 'url: expected an address'],
    [{ port: '7462' }, 'port: expected a whole number from 0 to 65535, found "7462"'],
    [{ databasePath: '' }, 'databasePath: expected the path of a file'],
    [url, 'localGateway(): expected an object of options'],
    [null, 'localGateway(): expected an object of options'],
    [[], 'localGateway(): expected an object of options'],
  ])('refuses %j', async (options, message) => {
    expect(await refusal(() => localGateway(wrong(options)))).toContain(message)
  })
})

describe('startLocalGateway()', () => {
  it.each([
    [{ port: 99_999 }, 'port: expected a whole number from 0 to 65535, found 99999'],
    [{ model: { baseURL: url } }, 'baseURL: not an option of model; did you mean `baseUrl`?'],
    [{ model: {} }, 'model.baseUrl: expected an address'],
    [{ limits: { maxSubscriber: 1 } }, 'did you mean `maxSubscribers`?'],
    [{ limits: 5 }, 'limits: expected an object of options'],
    [{ port: 1.5 }, 'port: expected a whole number from 0 to 65535, found 1.5'],
    [{ ports: 0 }, 'ports: not an option of startLocalGateway(); did you mean `port`?'],
    [{ url }, 'url: not an option of startLocalGateway(); the options are port, host,'],
    ['7462', 'startLocalGateway(): expected an object of options'],
  ])('refuses %j', async (options, message) => {
    expect(await refusal(() => startLocalGateway(wrong(options)))).toContain(message)
  })
})

describe('httpGateway()', () => {
  it.each([
    [{ url, tokn: 'x' }, 'tokn: not an option of a gateway behind HTTP; did you mean `token`?'],
    [{ url, port: 1 }, 'port: not an option of a gateway behind HTTP'],
    [undefined, 'expected an object of options'],
  ])('refuses %j', async (options, message) => {
    expect(await refusal(() => httpGateway(wrong(options)))).toContain(message)
  })
})
