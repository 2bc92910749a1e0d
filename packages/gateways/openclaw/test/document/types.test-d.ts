import { describe, expectTypeOf, it } from 'vitest'
import type {
  AgentRunParams,
  ApprovalMode,
  ArtifactQuery,
  ArtifactsDownloadResult,
  ArtifactsGetResult,
  ArtifactsListResult,
  ArtifactSummary,
  EnvironmentSelection,
  GatewayEvent,
  GatewayRequestOptions,
  normalizeGatewayEvent,
  OpenClaw,
  OpenClawEvent,
  OpenClawEventType,
  OpenClawTransport,
  RunResult,
  RunStatus,
  RuntimeSelection,
  SessionCreateParams,
  SessionSendParams,
  WorkspaceSelection,
} from '../../src/index.ts'

/** The envelope as the document prints it. */
type DocumentEvent = {
  version: 1
  id: string
  ts: number
  type: OpenClawEventType
  runId?: string
  sessionId?: string
  sessionKey?: string
  taskId?: string
  agentId?: string
  data: unknown
  raw?: GatewayEvent
}

type DocumentEventType =
  | 'run.started'
  | 'run.completed'
  | 'run.failed'
  | 'run.cancelled'
  | 'run.timed_out'
  | 'assistant.delta'
  | 'assistant.message'
  | 'thinking.delta'
  | 'tool.call.started'
  | 'tool.call.delta'
  | 'tool.call.completed'
  | 'tool.call.failed'
  | 'approval.requested'
  | 'approval.resolved'
  | 'session.created'
  | 'session.updated'
  | 'session.compacted'
  | 'task.updated'
  | 'artifact.updated'
  | 'raw'

describe('the types of the document', () => {
  it('our event is the document’s event', () => {
    expectTypeOf<OpenClawEvent>().toExtend<DocumentEvent>()
    expectTypeOf<DocumentEventType>().toExtend<OpenClawEventType>()
    expectTypeOf<typeof normalizeGatewayEvent>().parameter(0).toEqualTypeOf<GatewayEvent>()
    expectTypeOf<typeof normalizeGatewayEvent>().returns.toExtend<DocumentEvent>()
  })

  it('narrowing on the type narrows the data', () => {
    expectTypeOf<
      Extract<OpenClawEvent, { type: 'assistant.delta' }>['data']['delta']
    >().toEqualTypeOf<string>()
  })

  it('params of a run', () => {
    expectTypeOf<{
      input: string
      model: string
      sessionKey: string
      timeoutMs: number
    }>().toExtend<AgentRunParams>()
    expectTypeOf<AgentRunParams['workspace']>().toEqualTypeOf<WorkspaceSelection | undefined>()
    expectTypeOf<AgentRunParams['runtime']>().toEqualTypeOf<RuntimeSelection | undefined>()
    expectTypeOf<AgentRunParams['environment']>().toEqualTypeOf<EnvironmentSelection | undefined>()
    expectTypeOf<AgentRunParams['approvals']>().toEqualTypeOf<ApprovalMode | undefined>()
    expectTypeOf<{ agentId: string; label: string }>().toExtend<SessionCreateParams>()
    expectTypeOf<{ key: string; message: string }>().toExtend<SessionSendParams>()
  })

  it('results', () => {
    expectTypeOf<RunResult['status']>().toEqualTypeOf<RunStatus>()
    expectTypeOf<'accepted' | 'completed' | 'failed' | 'cancelled' | 'timed_out'>().toEqualTypeOf<RunStatus>()
    expectTypeOf<ArtifactsListResult['artifacts'][number]>().toEqualTypeOf<ArtifactSummary>()
    expectTypeOf<ArtifactsGetResult['artifact']>().toEqualTypeOf<ArtifactSummary>()
    expectTypeOf<ArtifactsDownloadResult['encoding']>().toEqualTypeOf<'base64' | undefined>()
    expectTypeOf<{ runId: string }>().toExtend<ArtifactQuery>()
  })

  it('a transport of one’s own needs two methods', () => {
    expectTypeOf<{
      request(method: string, params?: unknown): Promise<unknown>
      events(): AsyncIterable<GatewayEvent>
    }>().toExtend<OpenClawTransport>()
    expectTypeOf<GatewayRequestOptions['timeoutMs']>().toEqualTypeOf<number | null | undefined>()
  })

  it('request knows the types of the methods that have a row', () => {
    type Request = OpenClaw['request']
    const request = (() => undefined) as unknown as Request
    expectTypeOf(request('agents.list')).resolves.toHaveProperty('defaultId')
    expectTypeOf(request('no.such.method', { anything: 1 })).resolves.toEqualTypeOf<unknown>()
    // @ts-expect-error a method that has a row takes what the row says
    void request('tasks.get', { id: 1 })
  })
})
