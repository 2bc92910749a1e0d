import { standardSchemaToJSONSchema, toStandardSchema } from '@mastra/core/schema'
import { PincerError } from '@pincer/protocol'

/** A JSON Schema of an object, as gateways and MCP take it. */
export type SchemaObject = { readonly type: 'object' } & Readonly<Record<string, any>>

/**
 * The JSON Schema of a tool's arguments.
 *
 * @throws PincerError with code `invalid_option` where it cannot be written, or is not that of an object
 */
export function convertInputSchema(name: string, schema: any): SchemaObject {
  if (schema === undefined || schema === null) return { type: 'object', properties: {} }
  let found: any
  try {
    found = write(schema, 'input')
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new PincerError(
      'invalid_option',
      `serveTools: tool "${name}": its inputSchema cannot be written as JSON Schema: ${why}`,
      { cause },
    )
  }
  // A choice between objects names no type of its own.
  if (found.type === undefined || found.type === 'object')
    return { ...found, type: 'object', properties: found.properties ?? {} }
  throw new PincerError(
    'invalid_option',
    `serveTools: tool "${name}": its inputSchema describes no object, which the arguments of a call are; wrap it in one`,
  )
}

/** The JSON Schema of a tool's outputs; undefined where they are no objects, or where it cannot be written. */
export function convertOutputSchema(schema: any): SchemaObject | undefined {
  if (schema === undefined || schema === null) return undefined
  try {
    const found = write(schema, 'output')
    return found.type === 'object' ? found : undefined
  } catch {
    // Telling nothing about the outputs is always true.
    return undefined
  }
}

// Clients know one dialect, and refuse schemas that name another.
function write(schema: any, io: 'input' | 'output'): any {
  const { $schema: _, ...found } = standardSchemaToJSONSchema(toStandardSchema(schema), { io }) as any
  return JSON.parse(JSON.stringify(found))
}
