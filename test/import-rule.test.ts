import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

type Planted = { file: string; code: string; rule: string; name?: string }
type Finding = { file: string; rule: string }

const root = join(import.meta.dirname, '..')
const restricted = 'eslint(no-restricted-imports)'

const imports = (file: string, ...names: string[]): Planted[] =>
  names.map((name, index) => ({
    file: file.replace('*', `planted-${index}`),
    code: `import { thing } from '${name}'\nexport const kept: unknown = thing\n`,
    rule: restricted,
    name,
  }))

const forbidden: Planted[] = [
  ...imports('packages/protocol/src/*.ts', '@pincer/core', '@pincer/testing', 'node:fs', 'zod'),
  ...imports(
    'packages/core/src/*.ts',
    '@pincer/openai',
    '@pincer/local-gateway',
    '@pincer/testing',
    'node:fs',
    'zod',
  ),
  ...imports('packages/core/src/sub/*.ts', '../../../protocol/src/index.ts'),
  ...imports('packages/core/src/durable-*.ts', '@pincer/local-gateway', 'zod'),
  ...imports('packages/core/test/*.test.ts', '@pincer/testing', '@pincer/local-gateway'),
  ...imports(
    'packages/adapters/openai/src/*.ts',
    '@pincer/anthropic',
    '@pincer/openclaw',
    '@pincer/local-gateway',
  ),
  ...imports('packages/adapters/openai/src/sub/*.ts', '@pincer/testing', '../../../anthropic/src/index.ts'),
  ...imports('packages/adapters/openai/test/*.test.ts', '@pincer/anthropic', '@pincer/openclaw'),
  ...imports('packages/adapters/openai/test/replay/*.test.ts', '@pincer/anthropic', '@pincer/dashclaw'),
  ...imports('packages/adapters/mastra/src/*.ts', '@pincer/openai'),
  ...imports('packages/gateways/openclaw/src/*.ts', '@pincer/core', '@pincer/dashclaw', '@pincer/openai'),
  ...imports('packages/gateways/openclaw/src/sub/*.ts', '@pincer/testing', '@pincer/local-gateway'),
  ...imports(
    'packages/local-gateway/src/*.ts',
    '@pincer/core',
    '@pincer/openai',
    '@pincer/openclaw',
    '@pincer/testing',
  ),
  ...imports('packages/testing/src/*.ts', '@pincer/openai', '@pincer/local-gateway'),
  {
    file: 'packages/core/src/late.ts',
    code: "export const late: unknown = import('node:fs')\n",
    rule: restricted,
  },
  { file: 'packages/core/src/typed.ts', code: "export type { X } from '@pincer/openai'\n", rule: restricted },
  {
    file: 'packages/core/src/egg.ts',
    code: "import { hen } from './hen.ts'\nexport const egg = (): unknown => hen\n",
    rule: 'import(no-cycle)',
  },
  {
    file: 'packages/core/src/hen.ts',
    code: "import { egg } from './egg.ts'\nexport const hen = (): unknown => egg\n",
    rule: 'import(no-cycle)',
  },
  { file: 'packages/core/src/star.ts', code: "export * from './plain.ts'\n", rule: 'oxc(no-barrel-file)' },
  { file: 'packages/core/src/plain.ts', code: 'export default 1\n', rule: 'import(no-default-export)' },
  {
    file: 'packages/core/src/any.ts',
    code: 'export const x: any = 1\n',
    rule: 'typescript(no-explicit-any)',
  },
  {
    file: 'packages/core/src/floating.ts',
    code: 'export const start = (): void => {\n  Promise.resolve(1)\n}\n',
    rule: 'typescript(no-floating-promises)',
  },
  {
    file: 'packages/core/src/long.ts',
    code: 'export const x = 1\n'.padEnd(430, '\n'),
    rule: 'eslint(max-lines)',
  },
]

const allowed: Planted[] = [
  ...imports(
    'packages/core/src/ok-*.ts',
    '@pincer/protocol',
    '@pincer/protocol/errors',
    '#default-context',
    './elsewhere.ts',
  ),
  ...imports('packages/core/src/sqlite-ok-*.ts', 'node:sqlite'),
  ...imports('packages/core/src/async-context.ts', 'node:async_hooks'),
  ...imports(
    'packages/adapters/openai/src/ok-*.ts',
    '@pincer/core',
    '@pincer/core/durable',
    '@pincer/protocol',
    'openai',
  ),
  ...imports(
    'packages/adapters/openai/test/ok-*.test.ts',
    '@pincer/testing',
    '@pincer/local-gateway',
    '../src/index.ts',
  ),
  ...imports('packages/adapters/openai/test/replay/ok-*.test.ts', '@pincer/openclaw', '@pincer/testing'),
  ...imports('packages/adapters/mastra/src/ok-*.ts', '@pincer/ai-sdk'),
  ...imports('packages/gateways/openclaw/src/ok-*.ts', '@pincer/protocol', 'ws', 'node:crypto'),
  ...imports('packages/local-gateway/src/ok-*.ts', '@pincer/protocol', 'hono', 'node:sqlite'),
  { file: 'packages/core/src/parse-ok.ts', code: 'export const x: any = 1\n', rule: 'none' },
  { file: 'packages/adapters/openai/src/convert-ok.ts', code: 'export const x: any = 1\n', rule: 'none' },
]

async function lint(folder: string): Promise<Finding[]> {
  const bin = join(root, 'node_modules/oxlint/bin/oxlint')
  const output = await new Promise<string>((resolve) => {
    execFile(
      process.execPath,
      [bin, '--format=json', 'packages'],
      { cwd: folder, maxBuffer: 1e8 },
      (_error, stdout) => resolve(stdout),
    )
  })
  const report = JSON.parse(output) as { diagnostics: { code: string; filename: string }[] }
  return report.diagnostics.map(({ code, filename }) => ({ file: filename, rule: code }))
}

describe('the import rule', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pincer-import-rule-'))
  let findings: Finding[] = []

  beforeAll(async () => {
    for (const name of ['.oxlintrc.json', 'tsconfig.base.json'])
      copyFileSync(join(root, name), join(folder, name))
    writeFileSync(
      join(folder, 'tsconfig.json'),
      '{ "extends": "./tsconfig.base.json", "include": ["packages"] }',
    )
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    for (const { file, code } of [...forbidden, ...allowed]) {
      mkdirSync(join(folder, dirname(file)), { recursive: true })
      writeFileSync(join(folder, file), code)
    }
    findings = await lint(folder)
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  test.each(forbidden)('$rule is reported: $file $name', ({ file, rule }) => {
    expect(findings).toContainEqual({ file, rule })
  })

  test.each(allowed)('nothing is reported: $file $name', ({ file }) => {
    expect(findings.filter((finding) => finding.file === file)).toEqual([])
  })

  test('the real tree keeps it', async () => {
    const broken = await lint(root)
    expect(broken.filter(({ rule }) => rule === restricted || rule === 'import(no-cycle)')).toEqual([])
  })
})
