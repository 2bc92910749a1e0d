import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { defaultContext } from '../src/default-context.ts'

const sources = join(import.meta.dirname, '..', 'src')
const protocol = join(sources, '..', '..', 'protocol', 'src')

/** Every module that a program gets with an entry, types left out, and every name that leads out of it. */
function graph(entry: string): { files: Set<string>; outside: Set<string> } {
  const files = new Set<string>()
  const outside = new Set<string>()
  const visit = (file: string): void => {
    if (files.has(file)) return
    files.add(file)
    const code = stripTypeScriptTypes(readFileSync(file, 'utf8')).replaceAll(/\/\*[\s\S]*?\*\//g, '')
    for (const [, name = ''] of code.matchAll(/\b(?:from|import)\s*\(?\s*'([^']+)'/g)) {
      if (name.startsWith('.')) visit(join(dirname(file), name))
      else if (name === '@pincer/protocol') visit(join(protocol, 'index.ts'))
      else if (name === '@pincer/protocol/errors') visit(join(protocol, 'errors.ts'))
      else if (name === '#default-context') visit(join(sources, 'default-context.ts'))
      else outside.add(name)
    }
  }
  visit(entry)
  return { files, outside }
}

test('the main entry, with all it loads later, needs nothing that only Node has', () => {
  const { files, outside } = graph(join(sources, 'index.ts'))
  expect([...outside]).toEqual([])
  expect(files.size).toBeGreaterThan(30)
  expect([...files].map((file) => file.split('/').at(-1))).toContain('guard-gate.ts')
  const globals = /\b(?:process|Buffer|require|__dirname|setImmediate)\b(?!['":])/
  for (const file of files) {
    if (/(?:exit|warning)\.ts$/.test(file)) continue
    const code = readFileSync(file, 'utf8')
      .replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
      .replaceAll(/'[^'\n]*'|`[^`]*`/g, '')
    expect(code.match(globals)?.[0], file).toBeUndefined()
  }
})

test('what only Node has stands behind entries of its own', () => {
  expect([...graph(join(sources, 'durable.ts')).outside].sort()).toEqual([
    'node:fs',
    'node:os',
    'node:sqlite',
  ])
  expect([...graph(join(sources, 'async-context.ts')).outside]).toEqual(['node:async_hooks'])
})

test('a runtime without a context of its own finds no parents', () => {
  expect(defaultContext()).toBeUndefined()
})
