import type { DatabaseSync } from 'node:sqlite'
import {
  type Embeddings,
  type EventSink,
  PincerError,
  type RunRecord,
  type ToolCatalog,
} from '@pincer/protocol'
import { createAgents, type LocalAgents } from './agents/agent-runner.ts'
import { createEmbeddings } from './agents/embeddings.ts'
import { createModels, type LocalModels } from './agents/models.ts'
import { createOpenRuns } from './agents/open-runs.ts'
import { createApprovals, type LocalApprovals } from './approvals/approvals.ts'
import { openDatabase } from './database.ts'
import { createGuard, type LocalGuard } from './guard/guard.ts'
import { createPolicies, type Policies } from './guard/policies.ts'
import { createHub } from './hub.ts'
import { defaultDatabasePath, type LocalGatewayOptions } from './options.ts'
import { createEventLog, type EventLog, type StreamQuery } from './record/event-log.ts'
import { loadPrices } from './record/price.ts'
import { checkPrices } from './record/price-list.ts'
import { receiveEvents } from './record/receive-events.ts'
import { createRunRecord } from './record/run-record.ts'
import { createUsageRecord } from './record/usage-store.ts'
import type { ServedGateway } from './running-gateway.ts'
import { createSessions, type LocalSessions } from './sessions/sessions.ts'
import { openMcpServers } from './tools/mcp-tools.ts'
import { createToolCatalog } from './tools/tool-catalog.ts'
import { createToolRegistry } from './tools/tool-registry.ts'

/** A gateway inside this process: every part over one database, and no port. */
export interface LocalService extends ServedGateway {
  readonly name: 'local'
  readonly events: EventSink & { stream(query?: StreamQuery): ReturnType<EventLog['stream']> }
  readonly runs: RunRecord
  readonly guard: LocalGuard
  readonly policies: Policies
  readonly approvals: LocalApprovals
  readonly sessions: LocalSessions
  readonly tools: ToolCatalog
  readonly agents: LocalAgents
  readonly models: LocalModels
  readonly embeddings: Embeddings
  readonly eventLog: EventLog
  /** True while the gateway takes work and its database answers. */
  ready(): boolean
  /** Ends streams and waits and takes no new work; what is under way may still read and write. */
  drain(): Promise<void>
}

/**
 * Opens the database and every part of a gateway.
 *
 * @throws GatewayError where the database cannot be used; PincerError `invalid_option` where an option is not valid.
 */
export async function createService(options: LocalGatewayOptions = {}): Promise<LocalService> {
  const price = await loadPrices(checkPrices(options.prices ?? {}))
  const now = options.now ?? Date.now
  const database = openDatabase(options.databasePath ?? defaultDatabasePath)
  try {
    return await compose(database, { ...options, now }, price)
  } catch (error) {
    database.close()
    throw error
  }
}

async function compose(
  database: DatabaseSync,
  options: LocalGatewayOptions & { readonly now: () => number },
  price: Awaited<ReturnType<typeof loadPrices>>,
): Promise<LocalService> {
  const { now } = options
  const closing = new AbortController()
  const eventLog = createEventLog({ database, hub: createHub(), price, closing: closing.signal })
  const openRuns = createOpenRuns(eventLog)
  const approvals = createApprovals({ database, announce: (event) => openRuns.announce(event), now })
  const policies = createPolicies({
    database,
    policies: options.policies,
    policyFile: options.policyFile,
    now,
  })
  const guard = createGuard({ database, policies, approvals, now })
  const sessions = createSessions({ database, now })
  const registry = createToolRegistry(options.tools ?? [], openMcpServers(options.mcpServers ?? []))
  const runs = createRunRecord(database)
  const usageRecord = createUsageRecord(database)
  const models = createModels(options.model, process.env)
  const embeddings = createEmbeddings(models)
  const agents = await createAgents({
    database,
    agents: options.agents,
    models,
    registry,
    guard,
    approvals,
    sessions,
    eventLog,
    openRuns,
    runs,
    now,
  })
  const alive = database.prepare('SELECT 1')
  let drained: Promise<void> | undefined

  async function stop(): Promise<void> {
    // Agents first: their last events still belong into the record, and into the streams that wait for them.
    await agents.close()
    closing.abort()
    approvals.close()
    await registry.close()
  }

  return {
    name: 'local',
    events: {
      async append(events, { signal } = {}) {
        signal?.throwIfAborted()
        assertOpen()
        return receiveEvents(eventLog, events)
      },
      stream: (query) => eventLog.stream(query),
    },
    runs,
    usage: (query) => usageRecord.summarize(query),
    guard,
    policies,
    approvals,
    sessions,
    tools: createToolCatalog({ registry, guard, approvals }),
    agents,
    models,
    embeddings: {
      async embed(request, options) {
        assertOpen()
        return await embeddings.embed(request, options)
      },
    },
    eventLog,
    ready() {
      if (closing.signal.aborted) return false
      try {
        return alive.get() !== undefined
      } catch {
        return false
      }
    },
    drain: () => (drained ??= stop()),
    async close() {
      await (drained ??= stop())
      if (database.isOpen) database.close()
    },
  }

  function assertOpen(): void {
    if (!database.isOpen) throw new PincerError('closed', 'the gateway is closed; open another one')
  }
}
