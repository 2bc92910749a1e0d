import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startLocalGateway } from '../src/start-local-gateway.ts'

/** What this test uses of the bundler. */
interface Bundler {
  rolldown(options: object): Promise<{
    write(options: {
      file: string
      codeSplitting?: boolean
    }): Promise<{ output: { moduleIds?: string[]; imports?: string[] }[] }>
    close(): Promise<void>
  }>
}

let folder: string
let bundler: Bundler

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'pincer-bundle-')))
  // A program that has installed both packages.
  mkdirSync(join(folder, 'node_modules/@pincer'), { recursive: true })
  for (const name of ['core', 'local-gateway']) {
    const target = fileURLToPath(new URL(`../../${name}`, import.meta.url))
    symlinkSync(target, join(folder, 'node_modules/@pincer', name))
  }
  // The bundler that the test runner itself stands on.
  const vite = createRequire(createRequire(import.meta.url).resolve('vitest/package.json')).resolve(
    'vite/package.json',
  )
  const found = createRequire(vite).resolve('rolldown')
  bundler = (await import(pathToFileURL(found).href)) as Bundler
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Bundles a program; tells what it was made of, and what it still imports. */
async function bundle(
  name: string,
  code: string,
): Promise<{ file: string; modules: string[]; missing: string[] }> {
  const input = join(folder, `${name}.ts`)
  writeFileSync(input, code)
  const missing: string[] = []
  const build = await bundler.rolldown({
    input,
    platform: 'neutral',
    resolve: { conditionNames: ['@pincer/source', 'import', 'default'], mainFields: ['module', 'main'] },
    onLog: (_level: string, log: { code?: string; message: string }) => {
      if (log.code === 'UNRESOLVED_IMPORT') missing.push(log.message)
    },
  })
  const file = join(folder, `${name}.mjs`)
  const { output } = await build.write({ file, codeSplitting: false })
  await build.close()
  const modules = output.flatMap(({ moduleIds = [] }) => moduleIds)
  return { file, modules, missing: [...missing, ...output.flatMap(({ imports = [] }) => imports)] }
}

describe('a bundle for no platform in particular', () => {
  it('holds the client and the gateway over HTTP, needs nothing else, and works', async () => {
    const { file, modules, missing } = await bundle(
      'edge',
      `import { createClient } from '@pincer/core'
import { httpGateway } from '@pincer/local-gateway/http'
export { createClient, httpGateway }
`,
    )
    expect(missing).toEqual([])
    const own = modules.filter((path) => path.includes('/local-gateway/src/'))
    expect(own.some((path) => path.endsWith('/http-fetch.ts'))).toBe(true)
    expect(
      own.filter((path) => /\/src\/(?:server|service|http-node|start-local-gateway)\.ts$/.test(path)),
    ).toEqual([])
    const foreign = modules.filter((path) => path.includes('/node_modules/'))
    expect(foreign.filter((path) => !path.includes('/node_modules/eventsource-parser/'))).toEqual([])

    const { httpGateway } = (await import(
      pathToFileURL(file).href
    )) as typeof import('../src/http-gateway.ts')
    const running = await startLocalGateway({ port: 0, databasePath: ':memory:' })
    const gateway = httpGateway({ url: running.url })
    try {
      expect((await gateway.agents.list()).map(({ agentId }) => agentId)).toEqual(['main'])
      expect(await gateway.usage()).toEqual([])
    } finally {
      await gateway.close()
      await running.close()
    }
  }, 60_000)

  it('is told to be in want of a module of Node', async () => {
    const { missing } = await bundle('server', "export { createServer } from 'node:http'\n").catch(
      (error: unknown) => ({ missing: [String(error)] }),
    )
    expect(missing.join('\n')).toContain('node:http')
  }, 60_000)
})
