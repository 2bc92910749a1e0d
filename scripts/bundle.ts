import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'

import { rolldown } from 'rolldown'

// Run in a package's folder after tsc: joins the files behind each entry, because the number of files, more than their
// size, is what importing a package costs. Declarations stay as tsc wrote them.
const folder = process.cwd()
const dist = join(folder, 'dist')

/** Every built file that the manifest names: exports, conditional imports and commands. */
function entryNames(): string[] {
  const { publishConfig, bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    publishConfig?: unknown
    bin?: unknown
  }
  const files = JSON.stringify([publishConfig, bin]).matchAll(/"\.\/dist\/([\w-]+)\.js"/g)
  return [...new Set([...files].map(([, name = '']) => name))]
}

const bundle = await rolldown({
  input: Object.fromEntries(entryNames().map((name) => [name, join(dist, `${name}.js`)])),
  // Other packages, Node's own modules and `#` imports are found by whoever runs it.
  external: (id) => !/^[./]/.test(id),
  platform: 'neutral',
  // What several entries share gets a file of its own: put into a command's, importing it would run the command.
  experimental: { chunkOptimization: false },
})
const { output } = await bundle.write({
  dir: dist,
  entryFileNames: '[name].js',
  chunkFileNames: '[name]-[hash].js',
})

for (const part of output) {
  const imported = part.type === 'chunk' ? [...part.imports, ...part.dynamicImports] : []
  if (imported.includes('bin.js'))
    throw new Error(`${part.fileName} imports bin.js, and would run the command`)
}

const written = new Set(output.map(({ fileName }) => fileName))
for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
  if (file.endsWith('.js') && !(written.has(file) && basename(file) === file)) rmSync(join(dist, file))
}
