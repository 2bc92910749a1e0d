import { asSchema, safeValidateTypes, type ToolSet } from '@ai-sdk/provider-utils'
import { GuardBlockedError } from '@pincer/protocol'

/**
 * Checks arguments that an approver put in as the AI SDK checks those of a model.
 *
 * @returns what the schema of the tool makes of them
 * @throws GuardBlockedError where they do not fit
 */
export async function checkEdited(tool: ToolSet[string], name: string, input: unknown): Promise<unknown> {
  const result = await safeValidateTypes({ value: input, schema: asSchema(tool.inputSchema) })
  if (result.success) return result.value
  throw new GuardBlockedError(
    name,
    `it was approved with other arguments, and those do not fit the tool: ${result.error.message}`,
  )
}
