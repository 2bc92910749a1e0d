import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

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
  if (!existsSync(folder)) await install(whole)
  await checkNode(folder)
  return folder
}

// Installed beside its place and moved there when whole: a half install is never found, and is thrown away.
async function install(whole: string): Promise<void> {
  const fresh = `${whole}.${process.pid}`
  console.log(`fetching openclaw@${openclawVersion} (about 700 MB, once)`)
  await mkdir(fresh, { recursive: true })
  try {
    await writeFile(join(fresh, 'package.json'), '{"private":true}\n')
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error']
    await npm(['install', '--prefix', fresh, ...flags, `openclaw@${openclawVersion}`])
    if (!existsSync(whole)) await rename(fresh, whole)
  } catch (error) {
    throw new Error(
      `openclaw@${openclawVersion} could not be fetched from the npm registry; check the network and \`npm config get registry\`, then run this again`,
      { cause: error },
    )
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}

async function npm(words: readonly string[]): Promise<void> {
  const child = spawn('npm', words, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (piece: Buffer) => {
      said = (said + piece.toString()).slice(-4000)
    })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`npm ended with ${String(code)}\n${said.trim()}`)
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
