import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import type { Row } from './table.ts'

interface Measured {
  readonly name: string
  readonly size: number
}

/** What each package weighs, minified and gzipped, as the limits of the repository measure it. */
export function measureSize(): Row[] {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const command = fileURLToPath(new URL('../../node_modules/size-limit/bin.js', import.meta.url))
  const report = execFileSync(process.execPath, [command, '--json'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return (JSON.parse(report) as Measured[]).map(({ name, size }) => {
    return {
      what: `size of ${name}`,
      variant: '',
      value: `${(size / 1_000).toFixed(2)} kB`,
      added: '',
      ratio: '',
    }
  })
}
