import { toModelNames } from '@pincer/core/tools'
import { describeValue, PincerError, type Risk, type ToolDescription } from '@pincer/protocol'

import type { ServableTool, ServeOptions, ToolSource } from './serve-options.ts'
import { riskOf } from './tool-risk.ts'
import { convertInputSchema, convertOutputSchema, type SchemaObject } from './convert-served-schema.ts'

/** A tool as it is served. */
export interface ServedTool {
  /** The name that agents know it by. */
  readonly name: string
  readonly tool: ServableTool
  readonly inputSchema: SchemaObject
  /** Absent where its outputs are no objects, or cannot be described. */
  readonly outputSchema: SchemaObject | undefined
  readonly risk: Risk | undefined
  /** The Mastra instance that the tools came from. */
  readonly mastra: unknown
}

/** Tools by the names that agents know them by. */
export type ServedCatalog = ReadonlyMap<string, ServedTool>

/**
 * Reads the tools that are to be served, and describes them.
 *
 * @throws PincerError with code `invalid_option` naming the tool that cannot be served, and why
 */
export function readCatalog(source: ToolSource, risk: ServeOptions['risk']): ServedCatalog {
  const { tools, mastra } = readSource(source)
  if (tools.length === 0)
    throw new PincerError(
      'invalid_option',
      'serveTools: expected at least one tool; register tools by new Mastra({ tools }), or give them directly',
    )
  const found = new Map<string, ServableTool>()
  for (const [name, tool] of tools) {
    checkTool(name, tool)
    if (found.has(name))
      throw refuse(name, 'two tools have this name; give them as an object with a name for each')
    found.set(name, tool)
  }
  const catalog = new Map<string, ServedTool>()
  const names = toModelNames([...found.keys()])
  for (const [given, tool] of found) {
    const name = names.get(given) ?? given
    if (!/^[a-zA-Z0-9]/.test(name)) throw refuse(given, 'its name must begin with a letter or a digit')
    catalog.set(name, {
      name,
      tool,
      inputSchema: convertInputSchema(given, tool.inputSchema),
      // What is told of such outputs is not what the schema describes.
      outputSchema: tool.toModelOutput === undefined ? convertOutputSchema(tool.outputSchema) : undefined,
      risk: rate(given, tool, risk),
      mastra,
    })
  }
  return catalog
}

/** A tool as gateways take descriptions of their callers' tools. */
export function describeTool({ name, tool, inputSchema, risk }: ServedTool): ToolDescription {
  return {
    name,
    // Models take no empty one.
    description: tool.description || `${name} tool`,
    inputSchema,
    ...(risk !== undefined && { risk }),
  }
}

function readSource(source: ToolSource): {
  readonly tools: readonly (readonly [string, ServableTool])[]
  readonly mastra?: unknown
} {
  const given: unknown = source
  if (typeof given !== 'object' || given === null)
    throw new PincerError(
      'invalid_option',
      `serveTools: expected tools of createTool() or a Mastra instance, found ${describeValue(given)}`,
    )
  if (Array.isArray(source)) return { tools: source.map((tool: ServableTool) => [tool?.id, tool]) }
  if ('listTools' in source && typeof source.listTools === 'function')
    return { tools: Object.entries(source.listTools() ?? {}), mastra: source }
  return { tools: Object.entries(source as Readonly<Record<string, ServableTool>>) }
}

function checkTool(name: unknown, tool: ServableTool): void {
  const given: unknown = tool
  if (typeof given !== 'object' || given === null || typeof tool.id !== 'string')
    throw refuse(name, `expected a tool of createTool(), found ${describeValue(given)}`)
  if (typeof tool.execute !== 'function')
    throw refuse(name, 'it has no `execute`, so that it cannot be called here; leave it out')
}

function refuse(name: unknown, why: string): PincerError {
  return new PincerError('invalid_option', `serveTools: tool "${String(name).slice(0, 64)}": ${why}`)
}

// What a tool says of itself where nobody says otherwise; most say nothing.
function rate(name: string, tool: ServableTool, given: ServeOptions['risk']): Risk | undefined {
  if (typeof given === 'string') return given
  if (given !== undefined && Object.hasOwn(given, name)) return given[name]
  return riskOf(tool)
}
