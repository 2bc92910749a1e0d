import { describe, expect, test } from 'vitest'
import type { ClientOptions } from '../src/index.ts'
import { recorded } from './recorded.ts'

describe('a hostile text', () => {
  const length = 100_000
  const fill = (piece: string): string => piece.repeat(Math.ceil(length / piece.length)).slice(0, length)
  const plain = fill('the quick brown fox jumps over the lazy dog ')
  const options: Partial<ClientOptions> = {
    maxTextLength: length,
    redact: { emails: true, cards: true },
  }
  const time = (text: string): number => {
    const { claw } = recorded(options)
    let best = Infinity
    for (let round = 0; round < 3; round++) {
      const startedAt = performance.now()
      claw.startRun({ input: text })
      best = Math.min(best, performance.now() - startedAt)
    }
    return best
  }

  test.each([
    'eyJ-',
    'eyJaaaaaaaa-',
    'eyJaaaaaaaa.',
    'eyJaaaaaaaa.a',
    'sk-',
    'sk-aaaaaaaaaaaaaaa ',
    'SG.',
    'SG.aaaaaaaaaaaaaaaa-',
    'SG.aaaaaaaaaaaaaaaa.',
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN ',
    '-----BEGIN RSA PRIVATE ',
    '-',
    'Bearer ',
    'Bearer    ',
    'bearer a ',
    'a',
    'a@',
    'a.',
    'a@a.',
    'a@a.a ',
    '@',
    '1',
    '1 ',
    '1-',
    '11 ',
    '4111 ',
    '111111111111 ',
    'ghp_',
    'github_pat_',
    'AIza',
    'xoxb-',
    'r8_',
    '://a:',
    '://',
    ':',
    'p:p@',
    '://:a',
    'ya29.',
    '%',
    ' ',
    '\n',
    '{"',
  ])('of %j costs no more than a plain one of its length', (piece) => {
    time(plain)
    const bound = Math.max(time(plain) * 40, 250)
    expect(time(fill(piece))).toBeLessThan(bound)
  })
})
