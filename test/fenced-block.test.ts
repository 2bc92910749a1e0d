import { expect, test } from 'vitest'
import { fencedBlocks } from './fenced-block.ts'

test('finds every block with its line and its words', () => {
  const markdown = [
    '# A',
    '```ts continue',
    'one',
    '',
    '```',
    '- item',
    '  ```sh',
    '  two',
    '  ```',
    '~~~',
    '```',
    '~~~',
  ]
  expect(fencedBlocks(markdown.join('\n'))).toEqual([
    { line: 2, info: 'ts continue', code: 'one\n\n' },
    { line: 7, info: 'sh', code: 'two\n' },
    { line: 10, info: '', code: '```\n' },
  ])
})

test('refuses a fence that is never closed', () => {
  expect(() => fencedBlocks('```ts\nconst a = 1\n')).toThrow('line 1 is never closed')
})
