import { type DynamicStructuredTool, tool } from '@langchain/core/tools'
import { z } from 'zod'

/** Adds two numbers. */
export const add: DynamicStructuredTool = tool(({ a, b }) => String(a + b), {
  name: 'add',
  description: 'Adds.',
  schema: z.object({ a: z.number(), b: z.number() }),
}) as unknown as DynamicStructuredTool

/** A tool without arguments that does what it is told. */
export function act(
  name: string,
  work: (config: { signal?: AbortSignal }) => unknown,
): DynamicStructuredTool {
  return tool((_, config) => work(config), {
    name,
    description: 'Acts.',
    schema: z.object({}),
  }) as unknown as DynamicStructuredTool
}

/** What a user says first. */
export const hi: { messages: { role: 'user'; content: string }[] } = {
  messages: [{ role: 'user', content: 'hi' }],
}
