import { isFields } from '../request/invalid-input.ts'
import type { Fields } from './method.ts'

/** Writes a policy the way servers take it: rules and agents as JSON text, truth as 0 or 1. */
export function convertPolicy(fields: Fields): Fields {
  const { rules, agent_ids: agentIds, active } = fields
  return {
    ...fields,
    ...(isFields(rules) ? { rules: JSON.stringify(rules) } : {}),
    ...(Array.isArray(agentIds) ? { agent_ids: JSON.stringify(agentIds) } : {}),
    ...(typeof active === 'boolean' ? { active: Number(active) } : {}),
  }
}
