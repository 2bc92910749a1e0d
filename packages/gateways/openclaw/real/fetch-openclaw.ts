import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fetchPackages } from '@pincer/testing'

/** The version of the Gateway that the facts were measured on. */
export const openclawVersion = '2026.9.6'

const toolchain: string = join(import.meta.dirname, '../../../../.toolchain')

/**
 * Fetches the `openclaw` package from the npm registry, once, beside the toolchain; returns its folder.
 *
 * @throws Error where the registry cannot be reached, or this Node is too old for it.
 */
export async function fetchOpenClaw(): Promise<string> {
  const whole = join(toolchain, `openclaw-${openclawVersion}`)
  const folder = join(whole, 'node_modules/openclaw')
  // About 700 MB.
  await fetchPackages(whole, [`openclaw@${openclawVersion}`])
  await checkNode(folder)
  return folder
}

async function checkNode(folder: string): Promise<void> {
  const manifest: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  const engines =
    typeof manifest === 'object' && manifest !== null && 'engines' in manifest ? manifest.engines : {}
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 24 || (major === 24 && minor >= 16)) return
  throw new Error(
    `openclaw@${openclawVersion} needs Node ${JSON.stringify(engines)}, this is ${process.versions.node}; run it through ./pnpmw with that Node`,
  )
}
