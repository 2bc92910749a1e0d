import {
  type AgentRunRequest,
  type ClawEvent,
  type ClawEventData,
  type ClawEventType,
  type Gateway,
  type RunResult,
} from '@pincer/protocol'

/** What a run of a scripted gateway tells, and what it comes to. */
export interface ScriptedRun {
  readonly events?: readonly (readonly [ClawEventType, ClawEventData[ClawEventType]])[]
  readonly result?: Partial<RunResult>
}

/** A gateway whose agent does what is written down, for what real agents seldom do. */
export interface ScriptedGateway extends Gateway {
  readonly requests: readonly AgentRunRequest[]
}

/** Makes a gateway that answers each run by the next entry; an error in place of one is thrown. */
export function scriptedGateway(...script: readonly (ScriptedRun | Error)[]): ScriptedGateway {
  const requests: AgentRunRequest[] = []
  return {
    name: 'scripted',
    requests,
    agents: {
      takes: ['model', 'tools', 'timeoutMs'],
      list: async () => [{ agentId: 'main' }],
      get: async () => undefined,
      async run(request) {
        const next = script[requests.push(request) - 1] ?? new Error('the script is over')
        if (next instanceof Error) throw next
        const runId = `run_${requests.length}`
        const events = [...(next.events ?? []), ['run.completed', {}] as const].map(
          ([type, data], index) => ({
            version: 1,
            id: `${runId}.${index}`,
            ts: index,
            type,
            runId,
            data,
            raw: { event: 'raw', payload: 'a frame' },
          }),
        )
        return {
          runId,
          async *events() {
            // The pairs above say which data belong to which type.
            yield* events as unknown as ClawEvent[]
          },
          wait: async () => ({ runId, status: 'completed', ...next.result }),
          cancel: async () => {},
        }
      },
    },
    close: async () => {},
  }
}
