import {
  type AgentRunner,
  type AgentRunRequest,
  describeValue,
  GatewayError,
  type GatewayRun,
} from '@pincer/protocol'
import type { OpenClaw } from '../openclaw.ts'
import { createBoundedMap } from './bounded-map.ts'
import type { Calls } from './calls.ts'
import { convertChatMessages, convertChatTools } from './chat-messages.ts'
import { startChat } from './chat-request.ts'
import { createClientToolRun } from './client-tool-run.ts'
import { startFailure } from './gateway-errors.ts'
import { type HttpAccess, needAccess } from './http-access.ts'
import { parseAgents } from './parse-agents.ts'
import { parseMessageCount } from './parse-session.ts'
import { convertRunInput } from './run-input.ts'
import type { SessionKeys } from './session-keys.ts'

/** What running agents needs. */
export interface AgentsContext {
  readonly calls: Calls
  readonly keys: SessionKeys
  readonly client: Pick<OpenClaw, 'runs'>
  /** Absent where it is not known how the Gateway is reached over HTTP. */
  readonly access: HttpAccess | undefined
}

// As many as the client keeps the whole events of, where they have ended.
const rememberedRuns = 100

/**
 * The agents of the Gateway.
 *
 * A run with the caller's own tools, and one that answers their calls, goes over HTTP chat completions, which alone know such tools; every
 * other run goes over the WebSocket. In a session that has messages an agent is told what is new to it: the messages after the assistant's
 * last one.
 *
 * Runs over HTTP take no `thinking` and no `label`, which that endpoint has no field for; no run takes a `parentRunId`.
 */
export function createAgents({ calls, keys, client, access }: AgentsContext): AgentRunner {
  // What only their HTTP answers told, the Gateway does not tell again.
  const runsOverHttp = createBoundedMap<GatewayRun>(rememberedRuns)

  /** Tells whether the session knows the earlier messages already: one that is new does not. */
  async function knowsEarlier(
    sessionKey: string | undefined,
    { input, signal }: AgentRunRequest,
  ): Promise<boolean> {
    if (sessionKey === undefined) return false
    if (typeof input === 'string' || !input.some(({ role }) => role === 'assistant')) return true
    const options = signal === undefined ? {} : { signal }
    return parseMessageCount(await calls.request('chat.history', { sessionKey, limit: 1 }, options)) > 0
  }

  async function runOverHttp(
    request: AgentRunRequest,
    sessionKey: string | undefined,
    isTold: boolean,
  ): Promise<GatewayRun> {
    const { agentId, input, model, tools = [], timeoutMs, signal } = request
    const known = needAccess(access, "agents.run with the caller's own tools")
    const stop = new AbortController()
    const turn = await startChat(
      known,
      {
        agentId,
        messages: convertChatMessages(input, isTold),
        tools: convertChatTools(tools),
        sessionKey,
        model,
      },
      AbortSignal.any([stop.signal, calls.until(signal)]),
    )
    // No record shows the run before its agent begins, which a busy Gateway may put off.
    const run = await client.runs.get(turn.runId, {
      ...(sessionKey === undefined ? {} : { sessionKey }),
      lastWord: turn.answer,
    })
    const own = createClientToolRun({
      run,
      turn,
      toolNames: new Set(tools.map((tool) => tool.name)),
      stop: () => stop.abort(),
      timeoutMs,
    })
    runsOverHttp.set(own.runId, own)
    return own
  }

  return {
    takes: ['model', 'tools', 'timeoutMs', 'thinking', 'label'],
    list: async (options = {}) => parseAgents(await calls.request('agents.list', {}, options)).agents,
    async run(request) {
      const { agentId, input, model, tools, timeoutMs, thinking, label, signal } = request
      calls.check(signal)
      if (typeof agentId !== 'string' || agentId === '') {
        throw new GatewayError(`agentId: expected the id of an agent, found ${describeValue(agentId)}`, {
          status: 400,
          gatewayCode: 'invalid_agent',
        })
      }
      const sessionKey =
        request.sessionKey === undefined ? undefined : await keys.full(request.sessionKey, agentId)
      const isTold = await knowsEarlier(sessionKey, request)
      try {
        if ((tools !== undefined && tools.length > 0) || answersTools(input))
          return await runOverHttp(request, sessionKey, isTold)
        return await client.runs.create({
          agentId,
          ...convertRunInput(input, isTold),
          // Without one the Gateway would put every run into its main session, one behind the other.
          sessionKey: sessionKey ?? `agent:${agentId.toLowerCase()}:run-${crypto.randomUUID()}`,
          ...(model === undefined ? {} : { model }),
          ...(timeoutMs === undefined ? {} : { timeoutMs }),
          ...(thinking === undefined ? {} : { thinking }),
          ...(label === undefined ? {} : { label }),
          ...(signal === undefined ? {} : { signal }),
        })
      } catch (error) {
        throw startFailure(error)
      }
    },
    async get(runId, { sessionKey, signal } = {}) {
      calls.check(signal)
      return (
        runsOverHttp.get(runId) ??
        (await client.runs.find(runId, {
          ...(sessionKey === undefined ? {} : { sessionKey: await keys.full(sessionKey) }),
          signal: calls.until(signal),
        }))
      )
    },
  }
}

function answersTools(input: AgentRunRequest['input']): boolean {
  return typeof input !== 'string' && input.findLast(({ role }) => role !== 'system')?.role === 'tool'
}
