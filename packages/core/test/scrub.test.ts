import { describe, expect, it } from 'vitest'

import { scrub } from '../src/tools.ts'

describe('scrub', () => {
  it.each([
    [
      'stack frames',
      'Error: x\n    at run (/srv/app/a.js:1:2)\n    at async /srv/b.js:3:4\nmore',
      'Error: x\nmore',
    ],
    ['built-in frames', 'x\n    at new Promise (<anonymous>)\n    at async Promise.all (index 0)', 'x'],
    ['posix paths', 'open /home/ada/.ssh/id_rsa failed', 'open [path] failed'],
    ['paths with line numbers', 'in /srv/app/main.ts:12:7', 'in [path]'],
    ['quoted paths with spaces', 'open "/Users/Ada Lovelace/notes.txt"', 'open "[path]"'],
    ['home paths', 'see ~/work/keys', 'see [path]'],
    ['Windows paths', 'at C:\\Users\\ada\\keys.txt now', 'at [path] now'],
    ['network shares', 'in \\\\server\\share\\keys.txt', 'in [path]'],
    ['file addresses', 'import of file:///srv/app/a.js failed', 'import of [path] failed'],
    [
      'no web addresses',
      'GET https://example.com/v1/users failed',
      'GET https://example.com/v1/users failed',
    ],
    ['no plain words', 'and/or 1/2 a/b/c at noon\n  at the end', 'and/or 1/2 a/b/c at noon\n  at the end'],
    ['no path of the arguments', 'open /data/in.txt for /data/out.txt', 'open /data/in.txt for [path]'],
  ])('takes out %s', (_, text, expected) => {
    expect(scrub(text, { file: '/data/in.txt' })).toBe(expected)
  })

  it('is quick with long texts made to slow it down', () => {
    const startedAt = performance.now()
    for (const piece of ['/a', '\n  at ', "'/", 'C:\\', '/a/', '~/', '\\\\a\\'])
      scrub(piece.repeat(20_000), {})
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })
})
