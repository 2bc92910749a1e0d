import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

import { median } from './rounds.ts'
import type { Row } from './table.ts'

const rounds = 15
const adapters = ['openai', 'anthropic'] as const
const clients = { openai: 'openai', anthropic: '@anthropic-ai/sdk' } as const

/** How long a fresh process takes to import what a recording program imports, from the built packages. */
export function measureImport(): Row[] {
  const built = new URL('../../packages/core/dist/index.js', import.meta.url)
  if (!existsSync(built))
    return [{ what: 'import (run ./pnpmw build first)', variant: '', value: '?', added: '', ratio: '' }]
  const base = importMs([])
  const rowOf = (what: string, names: readonly string[]): Row => {
    const ms = importMs(names)
    return {
      what,
      variant: '',
      value: `${ms.toFixed(1)} ms`,
      added: `${(ms - base).toFixed(1)} ms`,
      ratio: '',
    }
  }
  return [
    { what: 'import of nothing', variant: '', value: `${base.toFixed(1)} ms`, added: '', ratio: '' },
    ...adapters.flatMap((name) => [
      rowOf(`import of core, ${name} adapter and gateway client`, [
        '@pincer/core',
        `@pincer/${name}`,
        '@pincer/local-gateway',
      ]),
      rowOf(`import of the ${name} client itself`, [clients[name]]),
    ]),
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
