import { readFileSync, statSync } from 'node:fs'
import { PincerError } from '@pincer/protocol'
import { z } from 'zod'
import { tellIssues } from '../issues.ts'
import type { Policy } from './policy.ts'
import { policySchema } from './policy-schema.ts'

const maxBytes = 1_048_576
const maxPolicies = 1000

const policies = z.array(policySchema).max(maxPolicies)
const wrapped = z.strictObject({ policies }).transform((file) => file.policies)

/**
 * Reads policies from a JSON file that holds an array of them, or `{ "policies": [...] }`.
 *
 * @throws PincerError `invalid_option` naming the file, the field and what was expected; nothing of the file is used then.
 */
export function readPolicyFile(path: string): readonly Policy[] {
  let found: unknown
  try {
    if (statSync(path).size > maxBytes) throw new Error('it is larger than 1 MiB')
    found = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new PincerError(
      'invalid_option',
      `policyFile "${path}" could not be read as JSON: ${messageOf(cause)}`,
      { cause },
    )
  }
  return checkPolicies(Array.isArray(found) ? policies : wrapped, found, `policyFile "${path}"`)
}

/**
 * Checks policies given as an option.
 *
 * @throws PincerError `invalid_option` naming the field and what was expected.
 */
export function checkPolicyOption(found: unknown): readonly Policy[] {
  return checkPolicies(policies, found, 'policies')
}

function checkPolicies(
  schema: z.ZodType<readonly Policy[]>,
  found: unknown,
  where: string,
): readonly Policy[] {
  const checked = schema.safeParse(found)
  if (!checked.success) throw new PincerError('invalid_option', `${where}: ${tellIssues(checked.error)}`)
  const ids = new Set<string>()
  for (const { id } of checked.data) {
    if (ids.has(id))
      throw new PincerError('invalid_option', `${where}: the id "${id}" is given twice; rename one`)
    ids.add(id)
  }
  return checked.data
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
