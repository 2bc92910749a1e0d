import { describeValue, GatewayError } from '@pincer/protocol'

import type { ServedTool } from './serve-catalog.ts'

/** The arguments of a call: a JSON object of bounded depth. */
export type CallInput = Readonly<Record<string, unknown>>

const maxDepth = 64
const mostIssues = 10
const longestIssues = 2000

/**
 * Takes the arguments of a call, which may have come from anybody.
 *
 * @throws GatewayError `invalid_input` where they are no JSON object, too deep, or could reach a prototype
 */
export function readInput(name: string, value: unknown): CallInput {
  // Models leave them out where a tool needs none.
  const found = value ?? {}
  if (!isPlainObject(found)) throw unfit(name, `expected a JSON object, found ${describeValue(found)}`)
  checkJson(name, found, 1)
  return found
}

/**
 * Checks arguments against the schema of their tool, before anybody is asked about the call.
 *
 * @throws GatewayError `invalid_input` naming the fields
 */
export async function checkInput({ name, tool }: ServedTool, input: unknown): Promise<void> {
  const { inputSchema } = tool
  if (!isStandardSchema(inputSchema)) return
  const issues = await validate(inputSchema, input)
  if (issues.length === 0) return
  // Mastra takes a null for what was left out, and so do models.
  if ((await validate(inputSchema, withoutNulls(input))).length === 0) return
  const words = issues.slice(0, mostIssues).map(describeIssue).join('; ')
  throw unfit(name, words.slice(0, longestIssues))
}

/** The error of arguments that are not what the tool takes; its text is for the model. */
function unfit(name: string, why: string): GatewayError {
  return new GatewayError(`the arguments of "${name}" do not fit: ${why}; correct them and call again`, {
    gatewayCode: 'invalid_input',
  })
}

interface StandardSchema {
  readonly '~standard': { validate(value: unknown): unknown }
}

interface Issue {
  readonly message: string
  readonly path: readonly unknown[]
}

function isStandardSchema(value: unknown): value is StandardSchema {
  const standard: unknown = Object(value)['~standard']
  return typeof Object(standard).validate === 'function'
}

async function validate(schema: StandardSchema, value: unknown): Promise<readonly Issue[]> {
  const { issues }: { readonly issues?: unknown } = Object(await schema['~standard'].validate(value))
  if (!Array.isArray(issues)) return []
  return issues.map((issue: unknown) => {
    const { message, path }: { readonly message?: unknown; readonly path?: unknown } = Object(issue)
    return { message: String(message), path: Array.isArray(path) ? path : [] }
  })
}

function describeIssue({ message, path }: Issue): string {
  const place = path.map((part) => String(Object(part).key ?? part)).join('.')
  return place === '' ? message : `${place.slice(0, 200)}: ${message}`
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isPlainObject(value)) return value
  const kept = Object.entries(value).filter(([, child]) => child !== null && child !== undefined)
  return Object.fromEntries(kept.map(([field, child]) => [field, withoutNulls(child)]))
}

function checkJson(name: string, value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return
  if (depth > maxDepth) throw unfit(name, `expected at most ${maxDepth} levels of JSON`)
  if (Array.isArray(value)) {
    for (const child of value) checkJson(name, child, depth + 1)
    return
  }
  if (!isPlainObject(value)) throw unfit(name, 'expected plain JSON')
  for (const [field, child] of Object.entries(value)) {
    if (field === '__proto__') throw unfit(name, 'expected no field named __proto__')
    checkJson(name, child, depth + 1)
  }
}

function isPlainObject(value: unknown): value is CallInput {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
