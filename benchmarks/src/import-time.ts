import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

import { median } from './rounds.ts'
import type { Row } from './table.ts'

const rounds = 15
const modules = ['@pincer/core', '@pincer/openai', '@pincer/local-gateway']

/** How long a fresh process takes to import what a recording program imports, from the built packages. */
export function measureImport(): Row[] {
  const built = new URL('../../packages/core/dist/index.js', import.meta.url)
  if (!existsSync(built))
    return [{ what: 'import (run ./pnpmw build first)', variant: '', value: '?', added: '', ratio: '' }]
  const base = importMs([])
  const all = importMs(modules)
  const openai = importMs(['openai'])
  return [
    { what: 'import of nothing', variant: '', value: `${base.toFixed(1)} ms`, added: '', ratio: '' },
    {
      what: 'import of core, openai adapter and gateway client',
      variant: '',
      value: `${all.toFixed(1)} ms`,
      added: `${(all - base).toFixed(1)} ms`,
      ratio: '',
    },
    {
      what: 'import of the openai client itself',
      variant: '',
      value: `${openai.toFixed(1)} ms`,
      added: `${(openai - base).toFixed(1)} ms`,
      ratio: '',
    },
  ]
}

function importMs(names: readonly string[]): number {
  const imports = names.map((name) => `await import(${JSON.stringify(name)});`).join('')
  const script = `const start = performance.now(); ${imports} process.stdout.write(String(performance.now() - start))`
  const run = (): number => {
    const folder = new URL('..', import.meta.url)
    return Number(
      execFileSync(process.execPath, ['--input-type=module', '-e', script], {
        cwd: folder,
        encoding: 'utf8',
      }),
    )
  }
  run()
  return median(Array.from({ length: rounds }, run))
}
