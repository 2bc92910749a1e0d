import {
  describeValue,
  type Gateway,
  nearestName,
  PincerError,
  type ToolCatalog,
  type ToolDescription,
  UnsupportedByGatewayError,
} from '@pincer/protocol'

import { toModelNames } from './model-names.ts'

/** Which of a gateway's tools are taken: by name, or by a test of their description. */
export type GatewayToolFilter = readonly string[] | ((tool: ToolDescription) => boolean)

/** One of a gateway's tools, and the name that models know it by. */
interface ChosenTool {
  readonly tool: ToolDescription
  readonly modelName: string
}

/** The tools that were chosen, and the catalogue to call them by. */
interface GatewayToolChoice {
  readonly catalog: ToolCatalog
  readonly tools: readonly ChosenTool[]
}

const mostNames = 20
const longestName = 64

/**
 * Reads which tools a gateway has, and takes those that the filter wants; all where there is none.
 *
 * @param what - What takes the filter, for the message, such as `gatewayTools`.
 * @throws UnsupportedByGatewayError where the gateway has no tools; PincerError with code `invalid_option` where the filter is
 * none, or names a tool that the gateway does not have
 */
export async function chooseGatewayTools(
  what: string,
  { name: gateway, tools: catalog }: Gateway,
  filter: GatewayToolFilter | undefined,
): Promise<GatewayToolChoice> {
  if (filter !== undefined && typeof filter !== 'function') checkNames(what, filter)
  if (catalog === undefined) throw new UnsupportedByGatewayError(gateway, 'tools')
  const found = await catalog.list()
  const names = found.map(({ name }) => name)
  const unknown = Array.isArray(filter) ? filter.find((name) => !names.includes(name)) : undefined
  if (unknown !== undefined)
    throw invalid(
      what,
      `the gateway "${gateway}" has no tool ${quote(unknown)}; ${tellNames(unknown, names)}`,
    )
  // Named before they are chosen from, so that a name does not depend on the choice.
  const modelNames = toModelNames(names)
  const isWanted =
    typeof filter === 'function' ? filter : ({ name }: ToolDescription) => filter?.includes(name) ?? true
  const tools = found
    .filter((tool) => isWanted(tool))
    .map((tool) => ({ tool, modelName: modelNames.get(tool.name) ?? tool.name }))
  return { catalog, tools }
}

function checkNames(what: string, filter: unknown): void {
  if (!Array.isArray(filter))
    throw invalid(what, `expected a list of tool names or a function, found ${describeValue(filter)}`)
  const index = filter.findIndex((name) => typeof name !== 'string')
  if (index >= 0)
    throw invalid(what, `expected names of tools, found ${describeValue(filter[index])} at ${index}`)
}

/** Says what there is, and first what was meant. */
function tellNames(unknown: string, names: readonly string[]): string {
  if (names.length === 0) return 'it has none now'
  const nearest = nearestName(unknown, names)
  const others = [...new Set(names)].filter((name) => name !== nearest)
  const told = nearest === undefined ? others : [nearest, ...others]
  const more = told.length > mostNames ? ` and ${told.length - mostNames} more` : ''
  const list = `its tools are ${told.slice(0, mostNames).map(quote).join(', ')}${more}`
  return nearest === undefined ? list : `did you mean ${quote(nearest)}? ${list}`
}

function quote(name: string): string {
  return JSON.stringify(name.length > longestName ? `${name.slice(0, longestName)}…` : name)
}

function invalid(what: string, problem: string): PincerError {
  return new PincerError('invalid_option', `${what}: filter: ${problem}`)
}
