import { PincerError } from '@pincer/protocol'
import { z } from 'zod'
import { tellIssues } from '../issues.ts'
import type { AgentConfig } from './agent.ts'

const configs: z.ZodType<readonly AgentConfig[]> = z
  .array(
    z.strictObject({
      id: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'letters, digits, dot, dash and underscore, at most 100'),
      name: z.string().max(200).optional(),
      description: z.string().max(1000).optional(),
      model: z.string().min(1).max(200).optional(),
      instructions: z.string().max(200_000).optional(),
      tools: z.array(z.string().min(1).max(200)).max(1000).optional(),
      maxSteps: z.int().min(1).max(1000).optional(),
    }),
  )
  .max(1000)

/** The agent there is where none is configured: the default model, and every tool. */
const defaultAgent: AgentConfig = {
  id: 'main',
  name: 'Main',
  description: 'The default model with every tool of this gateway.',
}

/**
 * Checks the agents of the configuration; none at all makes one named `main`.
 *
 * @throws PincerError `invalid_option` naming the field.
 */
export function checkAgents(found: unknown): ReadonlyMap<string, AgentConfig> {
  const checked = configs.safeParse(found)
  if (!checked.success) throw new PincerError('invalid_option', `agents: ${tellIssues(checked.error)}`)
  const agents = new Map<string, AgentConfig>()
  for (const agent of checked.data.length === 0 ? [defaultAgent] : checked.data) {
    if (agents.has(agent.id))
      throw new PincerError('invalid_option', `agents: the id "${agent.id}" is given twice; rename one`)
    agents.set(agent.id, agent)
  }
  return agents
}
