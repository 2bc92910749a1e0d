// Tells the story of core in every runtime that Pincer promises to run in, and says how it went.
import { listRuntimes, type Runtime } from './runtimes.ts'
import { startStoryServer, type StoryServer } from './story-server.ts'

interface Row {
  readonly runtime: string
  readonly version: string
  readonly passed: string
  readonly time: string
  readonly misses: readonly string[]
}

async function tell(runtime: Runtime, server: StoryServer): Promise<Row> {
  const teller = encodeURIComponent(runtime.name)
  const startedAt = performance.now()
  const { code, output } = await runtime.tell(`${server.url}/${teller}`)
  const time = `${((performance.now() - startedAt) / 1000).toFixed(1)} s`
  const result = server.result(teller)
  const checks = result?.checks ?? []
  const misses = checks.flatMap(({ name, error }) => (error === undefined ? [] : [`${name}: ${error}`]))
  const passed = `${checks.length - misses.length} of ${checks.length}`
  if (result === undefined) misses.push('it told nothing')
  if (code !== 0) misses.push(`it ended with ${code}`)
  if (misses.length > 0 && output !== '') misses.push(output.trim())
  return { runtime: runtime.name, version: result?.runtime ?? '', passed, time, misses }
}

// Node warns of its own type stripper, which is known to be young.
process.removeAllListeners('warning')

const { runtimes, notes } = listRuntimes()
const server = await startStoryServer()
const rows: Row[] = []
for (const runtime of runtimes) rows.push(await tell(runtime, server))
await server.close()

const columns = ['runtime', 'version', 'passed', 'time'] as const
const lines = [{ runtime: 'runtime', version: 'version', passed: 'checks passed', time: 'time' }, ...rows]
const widths = columns.map((column) => Math.max(...lines.map((line) => line[column].length)))
for (const line of lines)
  console.log(
    columns
      .map((column, index) => line[column].padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  )
for (const note of notes) console.log(note)
const misses = rows.flatMap(({ runtime, misses: those }) => those.map((miss) => `${runtime}: ${miss}`))
for (const miss of misses) console.error(miss)
process.exitCode = misses.length === 0 ? 0 : 1
