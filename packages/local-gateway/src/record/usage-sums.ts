import type { DatabaseSync } from 'node:sqlite'
import { transact } from '../database.ts'

/** Sums of usage by hour, agent, provider and model, kept while usage arrives. */
export interface UsageSums {
  /** Counts the usage of one action, under the agent of its run as far as it is known. */
  add(runId: string, actionId: string): void
  /** Takes the usage of one action back, before another one takes its place. */
  takeBack(runId: string, actionId: string): void
  /** Counts runs whose agent became known later under that agent. */
  settle(): void
}

/** The counts of usage, in the order of the columns. */
const counts = [
  'input_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'output_tokens',
  'reasoning_tokens',
  'total_tokens',
]

/** Milliseconds of what one sum stands for. */
export const hourMs = 3_600_000

/** Sums hold thousandths of tokens and picodollars: whole numbers add up to the same in every order. */
export const scales: { readonly tokens: number; readonly cost: number } = { tokens: 1e3, cost: 1e12 }

const whole = (column: string, scale: number): string => `CAST(round(${column} * ${scale}) AS INTEGER)`

/** The hour of a usage; times are never negative. */
export const hour: string = `CAST(ts / ${hourMs} AS INTEGER) AS hour`

/** One usage as a row of `usage_sums`, but for its agent. */
export const summands: string = [
  'provider',
  'model',
  '1 AS calls',
  'cost_usd IS NOT NULL AS priced',
  ...counts.map((column) => `${whole(column, scales.tokens)} AS ${column}`),
  `coalesce(${whole('cost_usd', scales.cost)}, 0) AS cost`,
].join(', ')

/** Prepares the statements that keep the sums. */
export function createUsageSums(database: DatabaseSync): UsageSums {
  const sums = ['calls', 'priced', ...counts, 'cost']
  const put = (condition: string): ReturnType<DatabaseSync['prepare']> =>
    database.prepare(
      `INSERT INTO usage_sums (hour, agent_id, provider, model, ${sums.join(', ')})
       SELECT hour, $agent, provider, model, ${sums.map((sum) => `$sign * ${sum}`).join(', ')}
       FROM (SELECT ${hour}, ${summands} FROM usage WHERE ${condition})
       WHERE true
       ON CONFLICT (hour, agent_id, provider, model) DO UPDATE SET
         ${sums.map((sum) => `${sum} = ${sum} + excluded.${sum}`).join(', ')}`,
    )
  const putOne = put('run_id = $run AND action_id = $action')
  const putRun = put('run_id = $run')
  const begin = database.prepare(
    `UPDATE runs SET usage_agent = coalesce(agent_id, '') WHERE run_id = ? AND usage_agent IS NULL`,
  )
  const agentOf = database.prepare('SELECT usage_agent AS agent FROM runs WHERE run_id = ?')
  const selectMoved = database.prepare(
    `SELECT run_id, usage_agent AS old, coalesce(agent_id, '') AS agent FROM runs WHERE usage_agent <> coalesce(agent_id, '')`,
  )
  const move = database.prepare('UPDATE runs SET usage_agent = ? WHERE run_id = ?')

  return {
    add(runId, actionId) {
      begin.run(runId)
      putOne.run({ $agent: agentOf.get(runId)?.['agent'] ?? '', $sign: 1n, $run: runId, $action: actionId })
    },
    takeBack(runId, actionId) {
      putOne.run({ $agent: agentOf.get(runId)?.['agent'] ?? '', $sign: -1n, $run: runId, $action: actionId })
    },
    settle() {
      if (selectMoved.get() !== undefined) transact(database, moveAll)
    },
  }

  function moveAll(): void {
    for (const { run_id: runId, old, agent } of selectMoved.all()) {
      putRun.run({ $agent: old ?? '', $sign: -1n, $run: runId ?? '' })
      putRun.run({ $agent: agent ?? '', $sign: 1n, $run: runId ?? '' })
      move.run(agent ?? '', runId ?? '')
    }
  }
}
