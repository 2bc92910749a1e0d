import { expect, test } from 'vitest'
import { shellLineError } from './shell-line.ts'

test.each([
  '',
  '# a remark',
  './pnpmw demo --json',
  './pnpmw --silent check # all',
  './pnpmw --filter @pincer/example-demo start',
  "./pnpmw --filter @pincer/example-demo start 'and words'",
  'npm install @pincer/core openai@7',
  'cd pincer',
])('accepts %o', (line) => expect(shellLineError(line)).toBeUndefined())

test.each([
  './pnpmw nothing',
  './pnpmw --filter @pincer/example-demo nothing',
  './pnpmw --filter @pincer/none start',
  'npm install @pincer/none',
  'npm install @pincer/testing',
  'npx nothing',
  'rm -rf dist',
])('refuses %o', (line) => expect(shellLineError(line)).toBeTypeOf('string'))
