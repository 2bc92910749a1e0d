import type { ArtifactsListParams } from '@openclaw/gateway-protocol'
import { GatewayError } from '@pincer/protocol'
import { auditMethods } from '../methods/audit-methods.ts'
import { bindMethods } from '../methods/bind-methods.ts'
import { taskMethods } from '../methods/task-methods.ts'
import { checkParams, checkText, invalidParam } from '../check-param.ts'
import type { ClientParts } from './client-parts.ts'

/** Where artifacts are looked for: a session, a run or a task; a session and a run narrow each other. */
export type ArtifactQuery = ArtifactsListParams

/** Finds the session of a query, because the Gateway finds artifacts by their session only. */
export type ArtifactScope = (call: string, query: ArtifactQuery) => Promise<ArtifactsListParams>

/** Makes what turns a run or a task into the session it belongs to. */
export function createArtifactScope({ connection, feed, keys }: ClientParts): ArtifactScope {
  const audit = bindMethods(auditMethods, connection)
  const tasks = bindMethods(taskMethods, connection)

  async function findSession(call: string, runId: string): Promise<string> {
    const followed = feed.openRuns().find((run) => run.runId === runId)?.sessionKey
    if (followed !== undefined) return followed
    const { events } = await audit.list({ runId, limit: 10 })
    const audited = events.find((event) => event.sessionKey !== undefined)?.sessionKey
    if (audited !== undefined) return audited
    throw notFound(`${call}: the Gateway knows no session of the run "${runId}"; pass its sessionKey`)
  }

  return async (call, query) => {
    checkParams(call, query)
    const { sessionKey, runId, taskId, agentId } = query
    const agent = agentId === undefined ? {} : { agentId }
    if (sessionKey !== undefined) {
      const key = await keys.resolve(call, sessionKey, agentId)
      if (runId !== undefined) checkText(`${call}: runId`, runId, 'the id of a run')
      return { ...agent, sessionKey: key, ...(runId === undefined ? {} : { runId }) }
    }
    if (runId !== undefined) {
      checkText(`${call}: runId`, runId, 'the id of a run')
      return { ...agent, sessionKey: await findSession(call, runId), runId }
    }
    if (taskId === undefined) throw invalidParam(call, 'one of sessionKey, runId and taskId', undefined)
    checkText(`${call}: taskId`, taskId, 'the id of a task')
    const { task } = await tasks.get({ taskId })
    const key = task.sessionKey ?? task.childSessionKey
    if (key === undefined) throw notFound(`${call}: the task "${taskId}" has no session`)
    return { ...agent, sessionKey: key, ...(task.runId === undefined ? {} : { runId: task.runId }) }
  }
}

function notFound(message: string): GatewayError {
  return new GatewayError(message, { status: 404, gatewayCode: 'artifact_scope_not_found' })
}
