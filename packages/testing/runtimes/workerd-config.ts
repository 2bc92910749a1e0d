import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join } from 'node:path'

const packages = join(import.meta.dirname, '..', '..')
const folders = {
  core: join(packages, 'core', 'src'),
  protocol: join(packages, 'protocol', 'src'),
  story: import.meta.dirname,
}
const storyFiles = new Set(['story.ts', 'story-gateway.ts'])

/** What a worker is told to do. */
export interface WorkerPlan {
  readonly url: string
  /** With Node's `AsyncLocalStorage`; without it the worker has nothing of Node. */
  readonly nodeCompat: boolean
}

/**
 * Writes a worker that tells the story, made of the sources as they are, types taken out; gives the path of its
 * configuration. No bundler stands between the packages and the runtime.
 */
export function writeWorkerdConfig(folder: string, { url, nodeCompat }: WorkerPlan): string {
  const modules = { 'main.js': mainModule(url, nodeCompat), ...sourceModules() }
  for (const [name, code] of Object.entries(modules)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), code)
  }
  const list = Object.keys(modules).map((name) => `(name = "${name}", esModule = embed "${name}")`)
  const path = join(folder, 'config.capnp')
  writeFileSync(
    path,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [
  (name = "main", worker = .worker),
  (name = "internet", network = (allow = ["private", "public"])),
]);
const worker :Workerd.Worker = (
  modules = [${list.join(', ')}],
  compatibilityDate = "2026-01-01",
  compatibilityFlags = [${nodeCompat ? '"nodejs_compat"' : ''}],
);
`,
  )
  return path
}

function mainModule(url: string, nodeCompat: boolean): string {
  return `import { tellStory } from './story/story.ts'
${nodeCompat ? "import { asyncContext } from './core/async-context.ts'" : ''}
export default {
  async test() {
    const checks = await tellStory({
      url: ${JSON.stringify(url)},
      findsParents: ${nodeCompat},
      ${nodeCompat ? 'context: asyncContext(),' : ''}
    })
    const runtime = navigator.userAgent + (typeof process === 'undefined' ? '' : ' with process')
    await fetch(${JSON.stringify(`${url}/result`)}, { method: 'POST', body: JSON.stringify({ runtime, checks }) })
  },
}
`
}

function sourceModules(): Record<string, string> {
  const modules: Record<string, string> = {}
  for (const [part, folder] of Object.entries(folders)) {
    for (const file of readdirSync(folder)) {
      // What stands in a folder of its own, only adapters use.
      if (!file.endsWith('.ts') || file === 'wrapping.ts' || file === 'loops.ts') continue
      const isNodeOnly = /^(?:durable|sqlite-|default-context-node)/.test(file)
      if (isNodeOnly || (part === 'story' && !storyFiles.has(file))) continue
      modules[`${part}/${file}`] = stripTypeScriptTypes(readFileSync(join(folder, file), 'utf8'))
        .replaceAll("'@pincer/core'", "'../core/index.ts'")
        .replaceAll("'@pincer/protocol'", "'../protocol/index.ts'")
        .replaceAll("'@pincer/protocol/errors'", "'../protocol/errors.ts'")
        .replaceAll("'#default-context'", "'./default-context.ts'")
    }
  }
  return modules
}
