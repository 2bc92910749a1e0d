import { spawn } from 'node:child_process'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'

/**
 * Fetches packages such as `langchain@1.0.1` from the npm registry into the `node_modules` of a folder, once and again when
 * the list changes; without their install scripts.
 *
 * @throws Error where they cannot be fetched
 */
export async function fetchPackages(folder: string, packages: readonly string[]): Promise<void> {
  const stamp = JSON.stringify({ private: true, description: packages.join(' ') })
  if ((await readFile(`${folder}/wanted.json`, 'utf8').catch(() => '')) === stamp) return
  // Installed beside its place and moved there when whole: a half install is never found, and is thrown away.
  const fresh = `${folder}.${process.pid}`
  const names = packages.join(' ')
  console.log(`fetching ${names} (once)`)
  await mkdir(fresh, { recursive: true })
  try {
    for (const name of ['wanted', 'package']) await writeFile(`${fresh}/${name}.json`, stamp)
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error']
    await npm(['install', '--prefix', fresh, ...flags, ...packages])
    await rm(folder, { recursive: true, force: true })
    await rename(fresh, folder)
  } catch (error) {
    throw new Error(
      `${names} could not be fetched; check the network and \`npm config get registry\`, then run this again`,
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
