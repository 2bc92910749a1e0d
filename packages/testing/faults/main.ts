// The fault story: calls are made while everything around them breaks, and the gateway's database is counted after.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brokenNetwork } from './broken-network.ts'
import type { CaseOutcome, FaultCase } from './fault-case.ts'
import { startFaultyGateway } from './gateway.ts'
import { killedProcess } from './killed-process.ts'

const longestCaseMs = 60_000
const asked = process.argv.slice(2).join(' ')
const cases = [...brokenNetwork, ...killedProcess].filter((found) => found.name.includes(asked))
const folder = await mkdtemp(join(tmpdir(), 'pincer-faults-'))
const startedAt = performance.now()
let failed = cases.length === 0

printRow(['case', 'calls', 'arrived', 'twice', 'lost', 'counted', 'ms/call', 's', ''])
try {
  for (const [at, found] of cases.entries()) if (!(await play(found, at))) failed = true
} finally {
  await rm(folder, { recursive: true, force: true })
}
const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
process.stdout.write(`${failed ? 'FAILED' : 'all well'}: ${cases.length} cases in ${seconds} s\n`)
process.exit(failed ? 1 : 0)

async function play(found: FaultCase, at: number): Promise<boolean> {
  const caseStartedAt = performance.now()
  const gateway = await startFaultyGateway(join(folder, `gateway-${at}.sqlite`))
  let outcome: CaseOutcome
  try {
    const setting = { gateway, name: `case-${at}`, outboxPath: join(folder, `outbox-${at}.sqlite`) }
    outcome = await Promise.race([found.run(setting), tooLate()])
  } catch (error) {
    outcome = { calls: 0, arrived: 0, twice: 0, msPerCall: 0, misses: [String(error)] }
  } finally {
    await gateway.close()
  }
  const { calls, arrived, twice, lost, counted, msPerCall, misses } = outcome
  const took = ((performance.now() - caseStartedAt) / 1000).toFixed(1)
  const numbers = [calls, arrived, twice, lost ?? '-', counted ?? '-', msPerCall.toFixed(2), took]
  printRow([found.name, ...numbers.map(String), misses.length === 0 ? 'ok' : 'MISS'])
  for (const miss of misses) process.stdout.write(`    ${miss}\n`)
  return misses.length === 0
}

async function tooLate(): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, longestCaseMs).unref())
  throw new Error(`not over after ${longestCaseMs / 1000} s`)
}

function printRow(cells: readonly string[]): void {
  const widths = [34, 6, 8, 6, 6, 8, 8, 6, 5]
  const padded = cells.map((cell, at) =>
    at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0),
  )
  process.stdout.write(`${padded.join(' ').trimEnd()}\n`)
}
