import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeWorkerdConfig } from './workerd-config.ts'

/** A runtime that can tell the story. */
export interface Runtime {
  readonly name: string
  /** Starts it on the story at `url`; resolves with what it wrote once it has ended. */
  tell(url: string): Promise<{ readonly code: number | null; readonly output: string }>
}

const root = join(import.meta.dirname, '..', '..', '..')
const program = fileURLToPath(new URL('tell.ts', import.meta.url))
const source = '--conditions=@pincer/source'
const oldNode = '22.19.0'
const timeoutMs = 40_000

/** Every runtime at hand, and why one is not. */
export function listRuntimes(): { readonly runtimes: readonly Runtime[]; readonly notes: readonly string[] } {
  const runtimes: Runtime[] = [
    inProcess(`Node ${process.versions.node}`, process.execPath, [source, program]),
  ]
  const notes: string[] = []
  const node = fetchNode(oldNode)
  if (node === undefined)
    notes.push(`Node ${oldNode} was left out: it could not be fetched from the npm registry.`)
  else if (node !== '') runtimes.push(inProcess(`Node ${oldNode}`, node, [source, '--no-warnings', program]))
  runtimes.push(
    inProcess('Bun', executable('bun'), [source, program]),
    inProcess('Deno', executable('deno'), ['run', '--allow-all', '--no-lock', '--no-check', source, program]),
    workerd('workerd', false),
    workerd('workerd + Node', true),
  )
  return { runtimes, notes }
}

function inProcess(name: string, command: string, args: readonly string[]): Runtime {
  return { name, tell: (url) => run(command, args, { STORY_URL: url }) }
}

function workerd(name: string, nodeCompat: boolean): Runtime {
  return {
    name,
    async tell(url) {
      const folder = mkdtempSync(join(tmpdir(), 'pincer-workerd-'))
      try {
        return await run(executable('workerd'), ['test', writeWorkerdConfig(folder, { url, nodeCompat })], {})
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
  }
}

function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const { PATH = '', HOME = '', TMPDIR = tmpdir() } = process.env
    const child = spawn(command, args, {
      cwd: root,
      env: { PATH, HOME, TMPDIR, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const killer = setTimeout(() => {
      output += `\nkilled: it did not end within ${timeoutMs} ms`
      child.kill('SIGKILL')
    }, timeoutMs)
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(killer)
      resolve({ code, output })
    })
  })
}

/** The program that a dependency of this package brings. */
function executable(name: string): string {
  return join(import.meta.dirname, '..', 'node_modules', '.bin', name)
}

/** Another Node, kept beside the toolchain; '' where this one is it already, `undefined` where there is none. */
function fetchNode(version: string): string | undefined {
  if (process.versions.node === version) return ''
  const platform = `${process.platform}-${process.arch}`
  const folder = join(root, '.toolchain', `node-${version}`)
  const binary = join(folder, 'node_modules', `node-${platform}`, 'bin', 'node')
  if (existsSync(binary)) return binary
  if (process.platform !== 'linux') return undefined
  // Fetched beside its place and moved there when whole, so that a broken or a parallel download does no harm.
  const fresh = `${folder}.${process.pid}`
  mkdirSync(fresh, { recursive: true })
  writeFileSync(join(fresh, 'package.json'), '{"private":true}')
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error']
  spawnSync('npm', ['install', '--prefix', fresh, ...flags, `node-${platform}@${version}`], {
    timeout: 60_000,
    stdio: 'ignore',
  })
  const isWhole = existsSync(join(fresh, 'node_modules', `node-${platform}`, 'bin', 'node'))
  if (isWhole && !existsSync(folder)) renameSync(fresh, folder)
  rmSync(fresh, { recursive: true, force: true })
  return existsSync(binary) ? binary : undefined
}
