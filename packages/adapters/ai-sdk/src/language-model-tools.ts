import type { JSONSchema7, LanguageModelV4CallOptions, SharedV4Warning } from '@ai-sdk/provider'
import type { JsonObject, ToolDescription } from '@pincer/protocol'

import { unsupported } from './language-model-warnings.ts'

/** The caller's tools of a call, and what the agent is told about them. */
export interface OfferedTools {
  readonly tools: readonly ToolDescription[]
  /** What stands in for a choice that gateways have no word for. */
  readonly instruction?: string
  /** False where the caller wants to hear of no calls, those of the agent's own tools included. */
  readonly tellsTools: boolean
  readonly warnings: readonly SharedV4Warning[]
}

/** The tools that are offered to the agent; a choice of one tool offers that one alone. */
export function offerTools(
  { tools: given = [], toolChoice }: Pick<LanguageModelV4CallOptions, 'tools' | 'toolChoice'>,
  takesTools: boolean,
  gateway: string,
): OfferedTools {
  const warnings: SharedV4Warning[] = []
  const tools: ToolDescription[] = []
  for (const tool of given) {
    if (tool.type === 'provider')
      warnings.push(
        unsupported(`tool ${tool.id}`, 'it belongs to another provider; give the agent a tool of its own'),
      )
    else if (takesTools) tools.push(describeTool(tool))
  }
  const untaken = given.filter(({ type }) => type === 'function').map(({ name }) => name)
  if (!takesTools && untaken.length > 0)
    warnings.push(
      unsupported(
        'tools',
        `the gateway "${gateway}" takes none of the caller: ${untaken.slice(0, 20).join(', ')} cannot be called`,
      ),
    )
  const type = toolChoice?.type
  if (type === 'none') {
    warnings.push(
      compatible(
        'toolChoice',
        'the agent may still use its own tools; nothing is told of them, and questions to people are answered on the gateway',
      ),
    )
    return { tools: [], tellsTools: false, warnings }
  }
  const chosen =
    toolChoice?.type === 'tool' ? tools.filter(({ name }) => name === toolChoice.toolName) : tools
  if ((type !== 'tool' && type !== 'required') || chosen.length === 0)
    return { tools: chosen, tellsTools: true, warnings }
  warnings.push(compatible('toolChoice', 'the agent is asked for it in words'))
  const what = type === 'tool' ? `the tool "${chosen[0]?.name ?? ''}"` : 'one of the tools of the caller'
  return {
    tools: chosen,
    instruction: `Answer this with a call of ${what}, not in words.`,
    tellsTools: true,
    warnings,
  }
}

function compatible(feature: string, details: string): SharedV4Warning {
  return { type: 'compatibility', feature, details }
}

function describeTool({
  name,
  description = '',
  inputSchema,
}: {
  readonly name: string
  readonly description?: string
  readonly inputSchema: JSONSchema7
}): ToolDescription {
  // Schemas hold more than JSON, such as what checks them.
  const schema = JSON.parse(JSON.stringify(inputSchema)) as JsonObject
  return { name, ...(description !== '' && { description }), inputSchema: { ...schema, type: 'object' } }
}
