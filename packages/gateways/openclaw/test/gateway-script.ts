import { randomUUID } from 'node:crypto'
import { type ScriptedAnswer, ScriptedRefusal, silence } from './scripted-gateway.ts'

type Fields = Readonly<Record<string, unknown>>

/** The approvals of a scripted Gateway: they are kept, waited for and answered as the real ones are. */
export interface ScriptedApprovals {
  readonly answers: Readonly<Record<string, ScriptedAnswer>>
  /** Ids of what was asked, oldest first. */
  readonly ids: readonly string[]
  /** Answers one as a person would, in another client. */
  decide(id: string, decision: 'allow-once' | 'deny'): void
  /** Ends one as the Gateway itself does. */
  end(id: string, status: string, reason: string): void
  /** False makes every further question one that nobody sees. */
  hasReviewer: boolean
}

interface Asked {
  readonly id: string
  readonly request: Fields
  readonly expiresAtMs: number
  status: string
  reason?: string
  resolver?: Fields
  readonly waiting: ((payload: unknown) => void)[]
}

/** Makes the approvals of a scripted Gateway. */
export function scriptApprovals(): ScriptedApprovals {
  const asked = new Map<string, Asked>()
  const now = Date.now()

  function snapshot({ id, request, status, reason, resolver, expiresAtMs }: Asked): Fields {
    const { title, description, detail, severity, toolName, agentId = null, allowedDecisions } = request
    return {
      id,
      status,
      presentation: {
        kind: 'plugin',
        title,
        description,
        ...(detail === undefined ? {} : { detail }),
        severity: severity ?? 'warning',
        pluginId: null,
        toolName: toolName ?? null,
        agentId,
        allowedDecisions,
      },
      urlPath: `/approve/${encodeURIComponent(id)}`,
      createdAtMs: now,
      expiresAtMs,
      ...(status === 'pending' ? {} : { resolvedAtMs: now + 5, reason, source: {}, resolver }),
    }
  }

  function end(id: string, status: string, reason: string, resolver: Fields = { kind: 'system' }): void {
    const found = asked.get(id)
    if (found === undefined || found.status !== 'pending') return
    found.status = status
    found.reason = reason
    found.resolver = resolver
    const decision = status === 'allowed' ? 'allow-once' : status === 'denied' ? 'deny' : null
    for (const answer of found.waiting) answer({ id, decision, terminalReason: reason })
  }

  function find(params: Fields): Asked {
    const found = asked.get(String(params['id']))
    if (found !== undefined) return found
    throw new ScriptedRefusal({
      code: 'INVALID_REQUEST',
      message: 'approval not found',
      details: { reason: 'APPROVAL_NOT_FOUND' },
    })
  }

  const approvals: ScriptedApprovals = {
    hasReviewer: true,
    get ids() {
      return [...asked.keys()]
    },
    decide(id, decision) {
      end(id, decision === 'deny' ? 'denied' : 'allowed', 'user', { kind: 'runtime', id: 'control-ui' })
    },
    end: (id, status, reason) => end(id, status, reason),
    answers: {
      'plugin.approval.request': ({ params }) => {
        const id = `plugin:${randomUUID()}`
        const expiresAtMs = now + Number(params['timeoutMs'])
        const record: Asked = { id, request: params, expiresAtMs, status: 'pending', waiting: [] }
        asked.set(id, record)
        if (approvals.hasReviewer) return { status: 'accepted', id, createdAtMs: now, expiresAtMs }
        end(id, 'denied', 'no-route', { kind: 'system', id: 'no-approval-route' })
        return { id, decision: null, createdAtMs: now, expiresAtMs }
      },
      'plugin.approval.list': () =>
        [...asked.values()]
          .filter(({ status }) => status === 'pending')
          .map(({ id, request, expiresAtMs }) => ({ id, request, createdAtMs: now, expiresAtMs })),
      'exec.approval.list': () => [],
      'approval.history': () => ({
        items: [...asked.values()].filter(({ status }) => status !== 'pending').map(snapshot),
      }),
      'approval.get': ({ params }) => ({ approval: snapshot(find(params)) }),
      'plugin.approval.waitDecision': ({ params, answer }) => {
        const found = asked.get(String(params['id']))
        if (found?.status !== 'pending') {
          throw new ScriptedRefusal({
            code: 'INVALID_REQUEST',
            message: 'approval expired or not found',
          })
        }
        found.waiting.push(answer)
        return silence
      },
      'approval.resolve': ({ params }) => {
        const found = find(params)
        const applied = found.status === 'pending'
        const allowed = params['decision'] === 'allow-once'
        end(found.id, allowed ? 'allowed' : 'denied', 'user', { kind: 'runtime', id: 'gateway-client' })
        return { applied, approval: snapshot(found) }
      },
    },
  }
  return approvals
}

/** The agents of a scripted Gateway. */
export const scriptedAgents: ScriptedAnswer = () => ({
  defaultId: 'main',
  agents: [
    { id: 'main', name: 'Main', model: { primary: 'scripted/plain' } },
    { id: 'helper', model: 'scripted/plain' },
  ],
})
