import type { DatabaseSync } from 'node:sqlite'
import type { ClawEvent, RunTree } from '@pincer/protocol'
import { ownUsage } from './action-projection.ts'
import type { ActionRecord } from './action-record.ts'
import { type ActionFacts, convertAction } from './convert-action.ts'
import { convertCost, convertUsageRow, usageColumns } from './convert-usage-row.ts'
import type { RunRow } from './convert-run-row.ts'
import type { RunStore } from './run-store.ts'
import { sumUsage } from './sum-usage.ts'

/** Bounds of one tree; beyond them `actionCount` still tells how many actions there are. */
const treeLimits = {
  runs: 1_000,
  actions: 10_000,
  depth: 32,
  /** Of the events that it is read from; beyond them inputs and outputs stand in the events only. */
  characters: 33_554_432,
}

/** Reads the events of one tree. */
interface EventReader {
  /** The event at a position; `undefined` where there is none, or the tree has had its share of text. */
  read(position: unknown): ClawEvent | undefined
  isFull(): boolean
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

  function createReader(): EventReader {
    let left = treeLimits.characters
    return {
      read(position) {
        if (typeof position !== 'number' || left <= 0) return undefined
        const body = String(bodyOf.get(position)?.['body'] ?? '')
        left -= body.length
        return body === '' ? undefined : (JSON.parse(body) as ClawEvent)
      },
      isFull: () => left <= 0,
    }
  }

  function readActions(runId: string, limit: number, reader: EventReader): readonly ActionRecord[] {
    const actions: ActionRecord[] = []
    for (const row of actionsOf.all(runId, limit)) {
      if (reader.isFull()) break
      const facts = withEvents(
        String(row['action_id']),
        reader.read(row['opened']),
        reader.read(row['ended']),
      )
      const cost = convertCost(row)
      actions.push(
        convertAction(
          row['usage_ts'] === null
            ? facts
            : {
                ...facts,
                usage: convertUsageRow(row),
                usageTs: Number(row['usage_ts']),
                ...(cost === undefined ? {} : { cost }),
              },
        ),
      )
    }
    return actions
  }

  /** What a list leaves out: whole inputs and outputs stay in the events until somebody asks for the tree. */
  function readContent(row: RunRow, reader: EventReader): Pick<RunTree, 'input' | 'output' | 'metadata'> {
    const ended = reader.read(row['ended'])
    const opened = [reader.read(row['started']), reader.read(row['opened'])].flatMap((event) =>
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
    const reader = createReader()
    let actionsLeft = treeLimits.actions

    function build(runId: string, depth: number): RunTree | undefined {
      const found = runs.find(runId)
      if (found === undefined) return undefined
      const content = readContent(found.row, reader)
      const actions = readActions(runId, actionsLeft, reader)
      actionsLeft -= actions.length
      const children: RunTree[] = []
      const childIds = depth < treeLimits.depth ? runs.childrenOf(runId, treeLimits.runs) : []
      for (const childId of childIds) {
        if (seen.has(childId) || seen.size >= treeLimits.runs) continue
        seen.add(childId)
        const child = build(childId, depth + 1)
        if (child === undefined) continue
        children.push(child)
      }
      const totalUsage = sumUsage([found.summary.usage, ...children.map((child) => child.totalUsage)])
      return { ...found.summary, ...content, actions, children, totalUsage }
    }

    return build(rootId, 1)
  }
}

function withEvents(
  actionId: string,
  opened: ClawEvent | undefined,
  ended: ClawEvent | undefined,
): ActionFacts {
  return { actionId, ...(opened === undefined ? {} : { opened }), ...(ended === undefined ? {} : { ended }) }
}
