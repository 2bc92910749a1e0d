import { type Tool, tool } from 'ai'
import { z } from 'zod'

/** A tool that adds two numbers. */
export const add: Tool<{ a: number; b: number }, number> = tool({
  description: 'Adds.',
  inputSchema: z.object({ a: z.number(), b: z.number() }),
  execute: ({ a, b }) => a + b,
})
