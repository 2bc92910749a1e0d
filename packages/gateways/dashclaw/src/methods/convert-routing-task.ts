import { isFields } from '../request/invalid-input.ts'
import type { Fields } from './method.ts'

/** Takes the document's urgency `medium` for what servers call `normal`. */
export function convertRoutingTask(fields: Fields): Fields {
  return fields['urgency'] === 'medium' ? { ...fields, urgency: 'normal' } : fields
}

/** Adds the document's `task_id` and `assigned_agent` to a task that was submitted. */
export function convertSubmittedTask(answer: unknown): unknown {
  if (!isFields(answer)) return answer
  const { task, routing } = answer
  const taskId = isFields(task) ? task['id'] : undefined
  const agentId = isFields(routing) ? routing['agent_id'] : undefined
  return {
    ...answer,
    ...(taskId === undefined ? {} : { task_id: taskId }),
    ...(isFields(routing) && typeof agentId === 'string'
      ? { assigned_agent: { id: agentId, name: routing['agent_name'] ?? agentId } }
      : {}),
  }
}
