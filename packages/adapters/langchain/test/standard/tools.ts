import type { ToolDefinition } from '@langchain/core/language_models/base'
import type { BindToolsInput } from '@langchain/core/language_models/chat_models'
import { RunnableLambda } from '@langchain/core/runnables'
import { type DynamicStructuredTool, StructuredTool, tool } from '@langchain/core/tools'
import { z } from 'zod'

/** A schema of a person. */
export const person: z.ZodObject<{ name: z.ZodString; age: z.ZodInt }> = z
  .object({ name: z.string().describe('Their name'), age: z.int().describe('Years') })
  .describe('A person')

/** A tool written as a class. */
export class PersonTool extends StructuredTool {
  name: string = 'person'
  description: string = 'Keeps a person'
  schema: typeof person = person

  protected override async _call(input: z.output<typeof person>): Promise<string> {
    return JSON.stringify(input)
  }
}

const numbers: z.ZodObject<{ a: z.ZodNumber; b: z.ZodNumber }> = z.object({ a: z.number(), b: z.number() })

/** A tool written as a function. */
export const addTool: DynamicStructuredTool<typeof numbers> = tool(({ a, b }) => String(a + b), {
  name: 'add',
  description: 'Adds two numbers',
  schema: numbers,
})

/** The same in the format of OpenAI. */
export const openAiTool: ToolDefinition = {
  type: 'function',
  function: {
    name: 'add',
    description: 'Adds two numbers',
    parameters: {
      type: 'object',
      properties: { a: { type: 'number' }, b: { type: 'number' } },
      required: ['a', 'b'],
    },
  },
}

/** A runnable that can be called like a tool. */
export const runnableTool: BindToolsInput = RunnableLambda.from(({ a, b }: z.output<typeof numbers>) =>
  String(a + b),
).asTool({
  name: 'add',
  description: 'Adds two numbers',
  schema: numbers,
})

/** A tool with arguments inside arguments. */
export const orderTool: BindToolsInput = {
  name: 'order',
  description: 'Orders things',
  schema: z.object({
    lines: z.array(z.object({ article: z.string(), count: z.number() })),
    address: z.object({ street: z.string(), floor: z.number().nullable() }),
    express: z.boolean().optional(),
  }),
}
