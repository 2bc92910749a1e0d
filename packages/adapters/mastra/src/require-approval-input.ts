import { GuardBlockedError } from '@pincer/protocol'

import { read } from './guard-context.ts'
import type { GuardableTool } from './require-approval-copy.ts'

/**
 * Checks arguments that an approver put in as Mastra checks those of a model.
 *
 * @returns what the schema of the tool makes of them
 * @throws GuardBlockedError where they do not fit
 */
export async function checkEdited(tool: GuardableTool, name: string, input: unknown): Promise<unknown> {
  const result = await validate(tool, input)
  if (result.isFit) return result.value
  throw new GuardBlockedError(
    name,
    `it was approved with other arguments, and those do not fit the tool: ${result.problem}`,
  )
}

/** What Mastra makes of the arguments of a call before its tool is entered first: on a resume it leaves them as they are. */
export async function normalizeInput(tool: GuardableTool, input: unknown): Promise<unknown> {
  try {
    const result = await validate(tool, input)
    return result.isFit ? result.value : input
  } catch {
    return input
  }
}

type Validated =
  | { readonly isFit: true; readonly value: unknown }
  | { readonly isFit: false; readonly problem: string }

async function validate({ inputSchema }: GuardableTool, input: unknown): Promise<Validated> {
  // Older schemas are functions that give the schema.
  const schema: unknown =
    typeof inputSchema === 'function' && read(inputSchema, '~standard') === undefined
      ? Reflect.apply(inputSchema, undefined, [])
      : inputSchema
  const standard = read(schema, '~standard')
  const check = read(standard, 'validate')
  if (typeof check !== 'function') return { isFit: true, value: input }
  const result: unknown = await Reflect.apply(check, standard, [input])
  const issues = read(result, 'issues')
  if (issues === undefined || issues === null) return { isFit: true, value: read(result, 'value') }
  const problem = Array.isArray(issues)
    ? issues.map((issue) => String(read(issue, 'message'))).join(', ')
    : ''
  return { isFit: false, problem }
}
