import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ClientOptions } from '../src/index.ts'
import { recorded } from './recorded.ts'

/** What is recorded of a text that is streamed in pieces. */
async function streamed(
  pieces: readonly string[],
  msBetween: number,
  options: Partial<ClientOptions> = {},
): Promise<{ text: string; events: number }> {
  const { claw, clock, deliver } = recorded(options)
  const call = claw.startModelCall({ provider: 'p', model: 'm' })
  for (const piece of pieces) {
    call.delta(piece)
    await clock.advance(msBetween)
  }
  call.end()
  const deltas = (await deliver()).of('assistant.delta')
  return { text: deltas.map(({ data }) => data.delta).join(''), events: deltas.length }
}

const pieces = (text: string, length: number): string[] =>
  Array.from({ length: Math.ceil(text.length / length) }, (_, index) =>
    text.slice(index * length, (index + 1) * length),
  )

const lines = Array.from(
  { length: 25 },
  (_, index) => `MIIEv${String(index).padStart(3, '0')}${'kQz9'.repeat(14)}`,
)
const words = 'the quick brown fox jumps over the lazy dog, and then it rests a while. '

describe('a secret that arrives in pieces', () => {
  test.each<[string, string, RegExp, Partial<ClientOptions>]>([
    ['API key', `sk-proj-${'Abc123xyz_'.repeat(6)}`, /Abc123/, {}],
    ['bearer token', `Authorization: Bearer ${'tok456tok'.repeat(6)}`, /tok456/, {}],
    [
      'private key',
      `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----`,
      /MIIEv|kQz9/,
      {},
    ],
    ['e-mail', 'ann.lee@mail.example.com', /ann|example/, { redact: { emails: true } }],
    ['card number', '4111 1111 1111 1111', /4111|1111/, { redact: { cards: true } }],
  ])(
    'is redacted all the same: %s',
    async (_, secret, trace, options) => {
      for (const length of [1, 2, 3, 7, 20, 200, 5_000]) {
        for (const msBetween of [0, 60, 250, 300]) {
          if (length < 3 && msBetween > 60) continue
          const text = `${words}${secret} ${words}`
          const { text: copy } = await streamed(pieces(text, length), msBetween, options)
          expect(copy).not.toMatch(trace)
          expect(copy).toContain('[redacted]')
          expect(copy.startsWith(words)).toBe(true)
          expect(copy.endsWith(` ${words}`)).toBe(true)
        }
      }
    },
    30_000,
  )

  test('is redacted in a text without spaces', async () => {
    const secret = `sk-proj-${'Abc123xyz_'.repeat(6)}`
    const text = `${'字'.repeat(8_150)}"${secret}"${'字'.repeat(9_000)}`
    const { text: copy } = await streamed(pieces(text, 10), 1)
    expect(copy).toBe(text.replace(secret, '[redacted]'))
  })
})

test('whatever comes in pieces comes whole, in bounded memory', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          fc.string({ maxLength: 30 }),
          fc.constantFrom(' ', '\n', 'Bearer ', '12 34 ', '-----BEGIN ', 'x'.repeat(3_000)),
        ),
        { maxLength: 60 },
      ),
      fc.nat(300),
      async (given, msBetween) => {
        const { text } = await streamed(given, msBetween, { redact: false, maxTextLength: 1_000_000 })
        expect(text).toBe(given.join(''))
      },
    ),
    { numRuns: 100 },
  )
})

test('a long stream becomes few events, and costs little for each piece', async () => {
  const { claw, deliver } = recorded()
  const call = claw.startModelCall({ provider: 'p', model: 'm' })
  const startedAt = performance.now()
  for (let index = 0; index < 100_000; index++) call.delta('ab ')
  const unspaced = claw.startModelCall({ provider: 'p', model: 'm' })
  for (let index = 0; index < 100_000; index++) unspaced.delta('abc')
  expect(performance.now() - startedAt).toBeLessThan(15_000)
  call.end()
  unspaced.end()
  const deltas = (await deliver()).of('assistant.delta')
  expect(deltas.length).toBeLessThan(150)
  expect(deltas.reduce((sum, { data }) => sum + data.delta.length, 0)).toBe(600_000)
})
