import {
  type AgentRunRequest,
  type AgentRunSetting,
  type Approval,
  type ApprovalRequest,
  type Gateway,
  GatewayError,
} from '@pincer/protocol'
import { createFakeGateway } from '@pincer/testing'

import { type ReadingFault, type Script, ScriptedRun } from './scripted-run.ts'

/** How a scripted gateway behaves; change it at any time. */
export interface ScriptedBehaviour {
  /** What the agent does in its next run; an error is thrown by `agents.run`. */
  script: (request: AgentRunRequest) => Script | Error
  /** What befalls the n-th reading (from 1) of a run. */
  fault?: ((reading: number) => ReadingFault | undefined) | undefined
  /** What cancelling comes to; it is done by default. */
  onCancel?: (() => 'done' | Error | 'silence') | undefined
  /** What asking for the outcome of a run fails with; it is told by default. */
  onWait?: (() => Error | undefined) | undefined
  /** What `agents.get` does instead of finding the run. */
  onGet?: ((runId: string) => 'found' | 'unknown' | Error) | undefined
  /** The settings that it follows; all of them by default. */
  takes?: readonly AgentRunSetting[] | undefined
}

/** A gateway whose agent does what is written down, for what real agents seldom do. */
export interface ScriptedGateway extends Gateway {
  readonly agents: NonNullable<Gateway['agents']>
  readonly approvals: NonNullable<Gateway['approvals']>
  readonly behaviour: ScriptedBehaviour
  /** Every run that was started, in order. */
  readonly started: readonly ScriptedRun[]
  /** Every decision that was asked for, refused ones included. */
  readonly decisions: readonly (readonly [approvalId: string, decision: string, reason: string | undefined])[]
}

const settings: readonly AgentRunSetting[] = [
  'model',
  'tools',
  'timeoutMs',
  'parentRunId',
  'thinking',
  'label',
]
/** The bytes of every artifact of a scripted gateway. */
export const artifactBytes: Uint8Array = new TextEncoder().encode('crab')

/**
 * Makes a gateway that plays scripts.
 *
 * @example
 * const gateway = scriptedGateway({ script: () => function* () { yield ['run.completed', {}] } })
 */
export function scriptedGateway(behaviour: ScriptedBehaviour): ScriptedGateway {
  const fake = createFakeGateway()
  const runs: ScriptedRun[] = []
  const decisions: (readonly [string, string, string | undefined])[] = []

  async function decided(approvalId: string, signal: AbortSignal): Promise<Approval> {
    const approval = await fake.approvals.wait(approvalId, { signal })
    // Another task first, as after a message from elsewhere.
    await new Promise((resolve) => setImmediate(resolve))
    return approval
  }

  return {
    name: 'scripted',
    behaviour,
    started: runs,
    decisions,
    agents: {
      get takes() {
        return behaviour.takes ?? settings
      },
      list: async () => [{ agentId: 'main' }],
      async run(request) {
        request.signal?.throwIfAborted()
        const script = behaviour.script(request)
        if (script instanceof Error) throw script
        const runId = `run_${runs.length + 1}_${crypto.randomUUID().slice(0, 8)}`
        const run = new ScriptedRun({
          runId,
          sessionKey: request.sessionKey ?? `session_of_${runId}`,
          request,
          script,
          ask: (_runId, { approvalId }: ApprovalRequest, signal) => decided(approvalId, signal),
          openApproval: (of, question) => fake.openApproval({ ...question, runId: of }),
          fault: (reading) => behaviour.fault?.(reading),
          onCancel: () => behaviour.onCancel?.() ?? 'done',
          onWait: () => behaviour.onWait?.(),
        })
        runs.push(run)
        return run
      },
      async get(runId, { signal } = {}) {
        signal?.throwIfAborted()
        const answer = behaviour.onGet?.(runId) ?? 'found'
        if (answer instanceof Error) throw answer
        return answer === 'found' ? runs.find((run) => run.runId === runId) : undefined
      },
    },
    approvals: {
      ...fake.approvals,
      async decide(approvalId, decision, options) {
        decisions.push([approvalId, decision.decision, decision.reason])
        return fake.approvals.decide(approvalId, decision, options)
      },
    },
    embeddings: {
      async embed({ model = '', values }, { signal } = {}) {
        signal?.throwIfAborted()
        if (values.includes('refuse me')) throw new GatewayError('no vector for that', { status: 400 })
        const inputTokens = values.join('').length
        const usage = { provider: 'scripted', model, inputTokens, outputTokens: 0, totalTokens: inputTokens }
        return {
          vectors: values.map((value) => [value.length, value.charCodeAt(0) || 0, 1]),
          usage: { ...usage, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 },
        }
      },
    },
    artifacts: {
      list: async () => [],
      get: async () => undefined,
      async download(artifactId, { signal } = {}) {
        signal?.throwIfAborted()
        if (artifactId === 'gone') throw new GatewayError('it is gone', { status: 404 })
        return artifactBytes
      },
    },
    close: () => fake.close(),
  }
}
