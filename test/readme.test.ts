import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { startLocalGateway } from '@pincer/local-gateway'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needsOpenClaw, type ReadmeProgram, readReadme } from './readme-program.ts'
import { readmeWorkspace, removeReadmeWorkspace, writeReadmeWorkspace } from './readme-workspace.ts'
import { runNode } from './run-program.ts'
import { shellLineError } from './shell-line.ts'
import { filesNamed, root } from './workspace.ts'

const readmes = filesNamed('README.md').map(readReadme)
const tsc = join(root, 'node_modules/typescript/bin/tsc')

const wrong: ReadmeProgram = {
  name: 'wrong.ts',
  line: 1,
  code: "export const count: number = 'many'\nthrow count\n",
}

let gateway: { url: string; close(): Promise<void> } | undefined
let environment: Record<string, string> = {}
let compiled: string[] = []

beforeAll(async () => {
  writeReadmeWorkspace([wrong, ...readmes.flatMap(({ programs }) => programs)])
  gateway = await startLocalGateway({ port: 0, databasePath: ':memory:' })
  environment = {
    OPENAI_BASE_URL: `${gateway.url}/demo/v1`,
    OPENAI_API_KEY: 'demo',
    ANTHROPIC_BASE_URL: `${gateway.url}/demo`,
    ANTHROPIC_API_KEY: 'demo',
    PINCER_GATEWAY_URL: gateway.url,
  }
  compiled = (await runNode([tsc, '--pretty', 'false'], readmeWorkspace)).output.split('\n')
})

afterAll(async () => {
  await gateway?.close()
  removeReadmeWorkspace()
})

test('a wrong block is noticed', async () => {
  expect(compiled.join('\n')).toContain('wrong.ts(1,14): error TS2322')
  expect((await runNode([join(readmeWorkspace, wrong.name)], readmeWorkspace)).code).toBe(1)
})

describe.each(readmes)('$path', ({ path, programs, shell, json, unknown }) => {
  test('marks every block as ts, js, sh, json or text', () => {
    expect(unknown.map(({ line, info }) => `line ${line}: "${info}"`)).toEqual([])
  })

  test.for(programs)('line $line compiles', ({ name }) => {
    expect(compiled.filter((message) => message.startsWith(name))).toEqual([])
  })

  // What needs the real OpenClaw Gateway is run by `./pnpmw test:openclaw`.
  test.for(needsOpenClaw(path) ? [] : programs)('line $line runs', async ({ name }) => {
    const folder = mkdtempSync(join(readmeWorkspace, 'run-'))
    const ended = await runNode(
      ['--conditions=@pincer/source', join(readmeWorkspace, name)],
      folder,
      environment,
    )
    expect(ended.code, ended.output).toBe(0)
  })

  test.for(shell)('line $line names commands that exist', ({ code }) => {
    const errors = code.split('\n').map(shellLineError)
    expect(errors.filter(Boolean)).toEqual([])
  })

  test.for(json)('line $line is JSON', ({ code }) => {
    expect(() => JSON.parse(code) as unknown).not.toThrow()
  })
})
