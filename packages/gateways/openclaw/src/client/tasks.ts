import type {
  TasksCancelResult,
  TasksGetResult,
  TasksListParams,
  TasksListResult,
} from '@openclaw/gateway-protocol'
import { bindMethods } from '../methods/bind-methods.ts'
import { taskMethods } from '../methods/task-methods.ts'
import type { GatewayRequestOptions } from '../transport/transport.ts'
import { checkText } from '../check-param.ts'
import type { ClientParts } from './client-parts.ts'

/** Background tasks; every run that an agent handle starts is one. */
export interface Tasks {
  /** Tasks that run or have ended, narrowed by status, agent or session; `nextCursor` leads to more. */
  list(params?: TasksListParams, options?: GatewayRequestOptions): Promise<TasksListResult>
  /**
   * One task, with how far it is.
   *
   * @throws GatewayError 404 where there is no such task.
   */
  get(taskId: string, options?: GatewayRequestOptions): Promise<TasksGetResult>
  /** Stops a task and its run; `found: false` where there is no such task. */
  cancel(
    taskId: string,
    params?: { readonly reason?: string },
    options?: GatewayRequestOptions,
  ): Promise<TasksCancelResult>
}

/** Makes the `oc.tasks` surface. */
export function createTasks({ connection, keys }: ClientParts): Tasks {
  const calls = bindMethods(taskMethods, connection)

  return {
    async list(params = {}, options) {
      const { sessionKey, agentId } = params
      if (sessionKey === undefined) return calls.list(params, options)
      const full = await keys.resolve('tasks.list', sessionKey, agentId)
      return calls.list({ ...params, sessionKey: full }, options)
    },
    async get(taskId, options) {
      checkText('tasks.get: id', taskId, 'the id of a task')
      return calls.get({ taskId }, options)
    },
    async cancel(taskId, params = {}, options) {
      checkText('tasks.cancel: id', taskId, 'the id of a task')
      return calls.cancel({ ...params, taskId }, options)
    },
  }
}
