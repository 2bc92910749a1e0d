import { inspect } from 'node:util'
import { PincerError } from '@pincer/protocol'
import { describe, expect, test } from 'vitest'
import { DashClaw, type DashClawOptions } from '../src/index.ts'
import { key } from './make-claw.ts'

const right = { baseUrl: 'http://localhost:3000/', apiKey: key, agentId: 'me' }

describe('options', () => {
  test.each([
    ['no options', undefined, 'DashClaw: expected an object of options'],
    ['no address', { ...right, baseUrl: undefined }, 'baseUrl: expected the address of your DashClaw server'],
    ['a bare host', { ...right, baseUrl: 'localhost:3000' }, 'baseUrl: expected the address'],
    [
      'a password in the address',
      { ...right, baseUrl: 'http://me:secret@host' },
      'without user, query or fragment',
    ],
    ['no key', { ...right, apiKey: '' }, 'apiKey: expected your key'],
    [
      'a key of two lines',
      { ...right, apiKey: `${key}\nx` },
      'apiKey: expected a key without spaces and line ends',
    ],
    ['no agent', { ...right, agentId: ' ' }, 'agentId: expected the name of your agent'],
    [
      'an unknown mode',
      { ...right, hitlMode: 'on' },
      'hitlMode: expected one of off, wait, found a string "on"',
    ],
    ['an unknown guard mode', { ...right, guardMode: true }, 'guardMode: expected one of off, warn, enforce'],
    ['a misspelt option', { ...right, agentID: 'x' }, 'did you mean `agentId`?'],
    ['another word for an option', { ...right, timeout: 5 }, 'did you mean `timeoutMs`?'],
    ['a time below 1', { ...right, timeoutMs: 0 }, 'timeoutMs: expected a number from 1'],
    ['a confidence above 100', { ...right, recommendationConfidenceMin: 101 }, 'from 0 to 100'],
    ['a callback that is none', { ...right, guardCallback: 'x' }, 'guardCallback: expected a function'],
    ['a key pair of PKCS #1', { ...right, privateKey: '-----BEGIN RSA PRIVATE KEY-----' }, 'openssl pkcs8'],
    [
      'a public JWK',
      { ...right, privateKey: { kty: 'RSA', n: 'x', e: 'AQAB' } },
      'privateKey: expected an RSA key',
    ],
  ])('%s is refused', (_, options, message) => {
    let thrown: unknown
    try {
      void new DashClaw(options as DashClawOptions)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(PincerError)
    expect(thrown).toMatchObject({ code: 'invalid_option' })
    expect(String(thrown)).toContain(message)
    expect(inspect(thrown)).not.toContain(key)
  })

  test('slashes at the end of the address do not matter', () => {
    expect(new DashClaw({ ...right, baseUrl: 'http://localhost:3000/base//' }).baseUrl).toBe(
      'http://localhost:3000/base',
    )
  })

  test.each([
    ['http://dashclaw.example.com', 1],
    ['https://dashclaw.example.com', 0],
    ['http://localhost:3000', 0],
    ['http://127.0.0.1:3000', 0],
    ['http://[::1]:3000', 0],
    ['http://127.0.0.1.example.com', 1],
  ])('%s warns of a key in the clear: %i', (baseUrl, count) => {
    const warnings: string[] = []
    void new DashClaw({ ...right, baseUrl, onWarning: (warning) => warnings.push(warning) })
    expect(warnings).toHaveLength(count)
  })

  test('a client shows its key to nobody', () => {
    expect(inspect(new DashClaw(right), { depth: 10, showHidden: true })).not.toContain(key)
    expect(JSON.stringify(new DashClaw(right))).not.toContain(key)
  })
})
