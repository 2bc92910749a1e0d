import { expect, test } from 'vitest'
import { shellLineError } from './shell-line.ts'

test.each([
  '',
  '# a remark',
  './pnpmw demo --json',
  './pnpmw --silent check # all',
  'npm install @pincer/core openai@7',
  'cd pincer',
])('accepts %o', (line) => expect(shellLineError(line)).toBeUndefined())

test.each([
  './pnpmw nothing',
  'npm install @pincer/none',
  'npm install @pincer/testing',
  'npx nothing',
  'rm -rf dist',
])('refuses %o', (line) => expect(shellLineError(line)).toBeTypeOf('string'))
