import type {
  TasksCancelParams,
  TasksCancelResult,
  TasksGetParams,
  TasksGetResult,
  TasksListParams,
  TasksListResult,
} from '@openclaw/gateway-protocol'
import type { Method } from './method.ts'

/** Background tasks: every run of the `agent` method is one. */
export const taskMethods = {
  list: { rpc: 'tasks.list', scope: 'operator.read' } as Method<
    TasksListParams,
    TasksListResult,
    'tasks.list'
  >,
  get: { rpc: 'tasks.get', scope: 'operator.read' } as Method<TasksGetParams, TasksGetResult, 'tasks.get'>,
  cancel: { rpc: 'tasks.cancel', scope: 'operator.write' } as Method<
    TasksCancelParams,
    TasksCancelResult,
    'tasks.cancel'
  >,
}
