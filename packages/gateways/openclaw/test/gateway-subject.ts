import { randomUUID } from 'node:crypto'
import { isRetryable } from '../src/gateway/gateway-errors.ts'
import { openclaw, type OpenClawGateway } from '../src/gateway/openclaw-gateway.ts'
import { OpenClaw } from '../src/openclaw.ts'
import type { AgentSubject, GatewayPart, GatewaySubject } from '@pincer/testing'

/** A real Gateway with the plugin in `test/gateway-plugin`, a scripted model behind it, and chat completions turned on. */
export interface GatewayPlaceForContract {
  /** Such as `ws://127.0.0.1:18789`. */
  readonly url: string
  readonly token: string
  /** A model of a provider of its own that answers 401 to `inputs.failing`. */
  readonly refusingModel: string
  /** Inputs for another scripted model than the kit's. */
  readonly inputs?: Partial<Omit<AgentSubject, 'agentId'>>
  /** A model of the provider that `memory.search` of its configuration names. */
  readonly embeddingModel: string
}

/** The parts that an OpenClaw gateway offers. */
export const gatewayParts: readonly GatewayPart[] = [
  'events',
  'guard',
  'approvals',
  'agents',
  'sessions',
  'tools',
  'models',
  'embeddings',
  'artifacts',
]

const guarded = {
  allow: 'contract_allowed',
  warn: 'contract_warned',
  block: 'contract_blocked',
  require_approval: 'contract_asking',
} as const
const usualInputs: Omit<AgentSubject, 'agentId'> = {
  plain: { input: '[[text:Hello from OpenClaw]]', answer: 'Hello from OpenClaw' },
  slow: '[[slow:500x100]]',
  clientTool: '[[tool:lookup {"word":"crab"}]]',
  failing: '[[http:401]]',
  otherModel: { model: 'scripted/thinker', answeredBy: 'thinker' },
}

/** Opens a gateway on a real Gateway for the contract, and a second client that approvals are shown to. */
export async function openGatewaySubject(place: GatewayPlaceForContract): Promise<GatewaySubject> {
  const { url, token, refusingModel, embeddingModel } = place
  const inputs = { ...usualInputs, ...place.inputs }
  const reviewer = new OpenClaw({ url, token, reviewer: true, displayName: 'reviewer' })
  await reviewer.connect()
  const open = (): OpenClawGateway =>
    openclaw({
      url,
      token,
      guard: ({ name }) => {
        const found = Object.entries(guarded).find(([, tool]) => tool === name)
        return (found?.[0] as keyof typeof guarded | undefined) ?? 'allow'
      },
    })
  const gateway = open()
  const test = randomUUID()
  return {
    gateway: {
      ...gateway,
      agents: {
        ...gateway.agents,
        // Failures of the usual provider are retried for more than a minute.
        run: (request) =>
          gateway.agents.run(
            request.input === inputs.failing ? { ...request, model: refusingModel } : request,
          ),
      },
    },
    guarded,
    agent: { agentId: 'main', ...inputs },
    tool: {
      name: 'get_goal',
      input: {},
      output: { status: 'missing' },
      failing: 'sessions_history',
      blocked: 'sessions_list',
      asking: 'agents_list',
    },
    embeddingModel,
    openAnother: async () => open(),
    editsArguments: false,
    isShared: true,
    sessionKey: (name) => `agent:main:contract-${test}-${name.replaceAll(':', '-')}`,
    async close() {
      await denyWhatIsOpen(reviewer)
      await reviewer.close()
    },
  }
}

/** Answers what tests have left open, so that nobody is shown it in the next one. */
async function denyWhatIsOpen(reviewer: OpenClaw): Promise<void> {
  const open: unknown = await reviewer.request('plugin.approval.list', {})
  for (const row of Array.isArray(open) ? open : []) {
    const { id, request } = row as { id: string; request: { toolName?: string } }
    if (!Object.values<unknown>(guarded).includes(request.toolName)) continue
    await reviewer
      .request('approval.resolve', { id, kind: 'plugin', decision: 'deny' })
      .catch((error: unknown) => {
        if (isRetryable(error)) throw error
      })
  }
}
