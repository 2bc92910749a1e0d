import { cpSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fetchPackages } from '@pincer/testing'

/** The oldest Mastra that is supported, with the observability and the store of its days. */
export const oldestSet: readonly string[] = [
  '@mastra/core@1.16.0',
  '@mastra/observability@1.9.1',
  '@modelcontextprotocol/sdk@1.32.2',
  'ai@7.0.173',
  'zod@4.6.7',
]

const here: string = join(import.meta.dirname, '..')
const toolchain: string = join(here, '../../../.toolchain')

/**
 * Copies this package to where only the oldest Mastra is found, by our own imports and by those of child processes; returns
 * the folder, which is removed when this process ends.
 */
export async function openOldestPackage(): Promise<string> {
  const mastra = join(toolchain, 'mastra-oldest')
  await fetchPackages(mastra, oldestSet)
  const folder = join(mastra, `package-${process.pid}`)
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))
  for (const name of ['src', 'test', 'package.json'])
    cpSync(join(here, name), join(folder, name), { recursive: true })
  const packages = join(here, 'node_modules/@pincer')
  mkdirSync(join(folder, 'node_modules/@pincer'), { recursive: true })
  for (const name of readdirSync(packages))
    symlinkSync(realpathSync(join(packages, name)), join(folder, 'node_modules/@pincer', name))
  checkSet(mastra)
  return folder
}

function checkSet(folder: string): void {
  for (const wanted of oldestSet) {
    const name = wanted.slice(0, wanted.lastIndexOf('@'))
    const text = readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')
    const { version } = JSON.parse(text) as { readonly version: string }
    if (`${name}@${version}` !== wanted)
      throw new Error(
        `expected ${wanted}, found ${version}; remove .toolchain/mastra-oldest and run this again`,
      )
  }
}
