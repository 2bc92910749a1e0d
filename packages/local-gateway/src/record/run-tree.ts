import type { DatabaseSync } from 'node:sqlite'
import { addUsage, type ClawEvent, type RunTree, type Usage } from '@pincer/protocol'
import { ownUsage } from './action-projection.ts'
import { type ActionFacts, type ActionRecord, convertAction } from './convert-action.ts'
import { convertCost, convertUsageRow, usageColumns } from './convert-usage-row.ts'
import type { RunRow } from './convert-run-row.ts'
import type { RunStore } from './run-store.ts'

/** Bounds of one tree; beyond them `actionCount` still tells how many actions there are. */
const treeLimits = {
  runs: 1_000,
  actions: 10_000,
  depth: 32,
}

/** Prepares the statements that a tree of runs is read by. */
export function createRunTree(
  database: DatabaseSync,
  runs: RunStore,
): (runId: string) => RunTree | undefined {
  const bodyOf = database.prepare('SELECT body FROM events WHERE position = ?')
  const actionsOf = database.prepare(
    `SELECT actions.action_id, opened, ended, usage.ts AS usage_ts, ${usageColumns}
     FROM actions LEFT JOIN usage ON usage.run_id = actions.run_id AND usage.action_id = actions.action_id
     WHERE actions.run_id = ? AND actions.action_id <> '${ownUsage}'
     ORDER BY coalesce(opened_place, ended_place, reported_place), actions.action_id LIMIT ?`,
  )

  function readEvent(position: unknown): ClawEvent | undefined {
    if (typeof position !== 'number') return undefined
    const row = bodyOf.get(position)
    return row === undefined ? undefined : (JSON.parse(String(row['body'])) as ClawEvent)
  }

  function readActions(runId: string, limit: number): readonly ActionRecord[] {
    return actionsOf.all(runId, limit).map((row) => {
      const opened = readEvent(row['opened'])
      const ended = readEvent(row['ended'])
      const facts: ActionFacts = { actionId: String(row['action_id']) }
      if (row['usage_ts'] === null) return convertAction(withEvents(facts, opened, ended))
      const cost = convertCost(row)
      return convertAction({
        ...withEvents(facts, opened, ended),
        usage: convertUsageRow(row),
        usageTs: Number(row['usage_ts']),
        ...(cost === undefined ? {} : { cost }),
      })
    })
  }

  /** What a list leaves out: whole inputs and outputs stay in the events until somebody asks for the tree. */
  function readContent(row: RunRow): Pick<RunTree, 'input' | 'output' | 'metadata'> {
    const ended = readEvent(row['ended'])
    const opened = [readEvent(row['started']), readEvent(row['opened'])].flatMap((event) =>
      event?.type === 'run.started' || event?.type === 'run.queued' || event?.type === 'run.created'
        ? [event.data]
        : [],
    )
    const input = opened.find((data) => data.input !== undefined)?.input
    const metadata = opened.find((data) => data.metadata !== undefined)?.metadata
    const output = ended !== undefined && 'output' in ended.data ? ended.data.output : undefined
    return {
      ...(input === undefined ? {} : { input }),
      ...(output === undefined ? {} : { output }),
      ...(metadata === undefined ? {} : { metadata }),
    }
  }

  return (rootId) => {
    // Parents are claims of whoever records: a run that claims its own child as its parent must not loop.
    const seen = new Set<string>([rootId])
    let actionsLeft = treeLimits.actions

    function build(runId: string, depth: number): RunTree | undefined {
      const found = runs.find(runId)
      if (found === undefined) return undefined
      const actions = readActions(runId, actionsLeft)
      actionsLeft -= actions.length
      const children: RunTree[] = []
      let totalUsage: Usage = found.summary.usage
      const childIds = depth < treeLimits.depth ? runs.childrenOf(runId, treeLimits.runs) : []
      for (const childId of childIds) {
        if (seen.has(childId) || seen.size >= treeLimits.runs) continue
        seen.add(childId)
        const child = build(childId, depth + 1)
        if (child === undefined) continue
        children.push(child)
        totalUsage = addUsage(totalUsage, child.totalUsage)
      }
      return { ...found.summary, ...readContent(found.row), actions, children, totalUsage }
    }

    return build(rootId, 1)
  }
}

function withEvents(
  facts: ActionFacts,
  opened: ClawEvent | undefined,
  ended: ClawEvent | undefined,
): ActionFacts {
  return { ...facts, ...(opened === undefined ? {} : { opened }), ...(ended === undefined ? {} : { ended }) }
}
