import type { Gateway, GatewayEvent } from '@pincer/protocol'
import type { OpenClaw } from '../openclaw.ts'
import { createAgents } from './agents.ts'
import { createApprovalBook } from './approval-book.ts'
import { createApprovalDesk } from './approval-desk.ts'
import { createApprovals } from './approvals.ts'
import { createArtifacts } from './artifacts.ts'
import { createCalls } from './calls.ts'
import { createEmbeddings } from './embeddings.ts'
import { type OpenClawGatewayOptions, readGatewayOptions } from './gateway-options.ts'
import { createGuard } from './guard.ts'
import { createMcpTools } from './mcp-tools.ts'
import { createModels } from './models.ts'
import { createRecording } from './recording.ts'
import { createRecordingCounter, type RecordingStats } from './recording-stats.ts'
import { createSessionKeys } from './session-keys.ts'
import { createSessions } from './sessions.ts'
import { createToolList } from './tool-list.ts'
import { createTools } from './tools.ts'

/** An OpenClaw Gateway as a gateway of Pincer: it runs agents, has tools, asks people, and shows what other frameworks did. */
export interface OpenClawGateway extends Gateway {
  readonly name: 'openclaw'
  readonly events: NonNullable<Gateway['events']>
  readonly guard: NonNullable<Gateway['guard']>
  readonly approvals: NonNullable<Gateway['approvals']>
  readonly agents: NonNullable<Gateway['agents']>
  readonly sessions: NonNullable<Gateway['sessions']>
  readonly tools: NonNullable<Gateway['tools']>
  readonly models: NonNullable<Gateway['models']>
  readonly embeddings: NonNullable<Gateway['embeddings']>
  readonly artifacts: NonNullable<Gateway['artifacts']>
  /** The client underneath, for everything that gateways have not in common. */
  readonly client: OpenClaw
  /** What of the recorded events stands in OpenClaw, and what it has no place for. */
  stats(): RecordingStats
}

/** The Gateway tells by these that its tools may be others now. */
const toolChanges: ReadonlySet<string> = new Set(['plugins.changed', 'skills.changed', 'config.changed'])

/**
 * Plugs an OpenClaw Gateway into Pincer.
 *
 * Nothing is opened before the first call. Runs that are recorded are shown best effort: see `stats()`. There is no record of runs to read back.
 *
 * @throws PincerError `invalid_option` naming the option.
 * @example
 * ```ts
 * const claw = createClient({
 *   gateway: openclaw({ url: 'ws://127.0.0.1:18789', token: process.env.OPENCLAW_GATEWAY_TOKEN }),
 *   guard: { mode: 'enforce' },
 * })
 * ```
 */
export function openclaw(options: OpenClawGatewayOptions = {}): OpenClawGateway {
  const { client, ownsClient, guard, approvalTimeoutMs, toolTimeoutMs, agentId, access, mcp } =
    readGatewayOptions(options)
  const request: OpenClaw['request'] = (rpc, params, requestOptions) =>
    client.request(rpc, params, requestOptions)
  const calls = createCalls(request)
  const keys = createSessionKeys(calls, agentId)
  const book = createApprovalBook()
  const desk = createApprovalDesk(calls, keys, book, approvalTimeoutMs)
  const mcpTools = mcp ? createMcpTools(calls, request) : undefined
  const list = createToolList(calls, mcpTools)
  const counter = createRecordingCounter()
  const recording = createRecording(calls, keys, counter)
  let watching = false
  let closing: Promise<void> | undefined

  // Events are asked for only once somebody has asked for the tools.
  function watchTools(): void {
    if (watching) return
    watching = true
    const changes = client.rawEvents({
      filter: ({ event }: GatewayEvent) => toolChanges.has(event),
      signal: calls.closed,
    })
    void (async () => {
      for await (const _change of changes) list.forget()
    })().catch(() => {
      watching = false
      list.forget()
    })
  }

  async function close(): Promise<void> {
    await recording.close().catch(() => {})
    calls.close()
    await mcpTools?.close()
    if (ownsClient) await client.close()
  }

  return {
    name: 'openclaw',
    client,
    events: recording,
    guard: createGuard(calls, desk, guard),
    approvals: createApprovals(calls, desk, book),
    agents: createAgents({ calls, keys, client, access }),
    sessions: createSessions(calls, keys),
    tools: createTools({
      calls,
      keys,
      desk,
      book,
      list: {
        get(signal) {
          watchTools()
          return list.get(signal)
        },
        forget: () => list.forget(),
      },
      mcp: mcpTools,
      timeoutMs: toolTimeoutMs,
    }),
    models: createModels(calls),
    embeddings: createEmbeddings(calls, access, agentId),
    artifacts: createArtifacts(calls, client),
    stats: () => counter.snapshot(),
    close: () => (closing ??= close()),
  }
}
