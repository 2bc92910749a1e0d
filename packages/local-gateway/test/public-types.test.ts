import { execFile } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const packageFolder = fileURLToPath(new URL('..', import.meta.url))
const tsc = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url))
let folder: string
let types: string

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'pincer-types-')))
  types = join(folder, 'types')
  const options = ['--emitDeclarationOnly', '--outDir', types, '--customConditions', '@pincer/source']
  const built = await compile(['-p', join(packageFolder, 'tsconfig.build.json'), ...options], packageFolder)
  expect(built).toBe('')
}, 60_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function compile(args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, [tsc, ...args], { cwd }, (error, out) =>
      resolve(error === null ? '' : out || error.message),
    )
  })
}

/** The packages that the types of an entry name, in any file that they reach. */
function packagesOf(entry: string): ReadonlySet<string> {
  const packages = new Set<string>()
  const seen = new Set<string>()
  const visit = (file: string): void => {
    if (seen.has(file)) return
    seen.add(file)
    const text = readFileSync(file, 'utf8')
    for (const [, name = ''] of text.matchAll(/(?:from\s+|import\s+|import\()\s*['"]([^'"]+)['"]/g)) {
      if (!name.startsWith('.')) {
        packages.add(`${name} by ${relative(types, file)}`)
        continue
      }
      const found = join(dirname(file), name.replace(/\.(?:js|ts)$/, '.d.ts'))
      expect([name, existsSync(found)]).toEqual([name, true])
      visit(found)
    }
  }
  visit(join(types, entry))
  expect(seen.size).toBeGreaterThan(2)
  return packages
}

describe('the types of the package', () => {
  it.each(['index.d.ts', 'http-gateway.d.ts'])('name no package but the protocol in %s', (entry) => {
    const packages = [...packagesOf(entry)]
    expect(packages.length).toBeGreaterThan(0)
    expect(packages.filter((found) => !found.startsWith('@pincer/protocol by '))).toEqual([])
  })

  it('compile in a program that checks its libraries, and refuse what is wrong', async () => {
    mkdirSync(join(folder, 'node_modules/@pincer'), { recursive: true })
    symlinkSync(
      realpathSync(join(packageFolder, 'node_modules/@pincer/protocol')),
      join(folder, 'node_modules/@pincer/protocol'),
    )
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    const program = (groupBy: string): string => `
import { localGateway, startLocalGateway, type Policy, type RunningGateway } from './types/index.js'
import { httpGateway } from './types/http-gateway.js'
const policy: Policy = { id: 'ask', match: { tool: '*' }, action: 'require_approval' }
const running: RunningGateway = await startLocalGateway({ port: 0, policies: [policy] })
running.gateway.policies.put(policy)
for (const gateway of [running.gateway, localGateway({}), localGateway({ url: running.url }), httpGateway({ url: running.url })]) {
  const calls: number | undefined = (await gateway.usage({ groupBy: '${groupBy}' }))[0]?.callCount
  void calls
}
`
    writeFileSync(join(folder, 'right.ts'), program('model'))
    writeFileSync(join(folder, 'wrong.ts'), program('moon'))
    const flags = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--lib',
      'es2024,dom,dom.asynciterable',
    ]
    const settings = [
      ...flags,
      '--skipLibCheck',
      'false',
      '--allowImportingTsExtensions',
      '--customConditions',
      '@pincer/source',
    ]
    expect(await compile([...settings, 'right.ts'], folder)).toBe('')
    expect(await compile([...settings, 'wrong.ts'], folder)).toContain('"moon"')
  }, 60_000)
})
