import type {
  CommandsListParams,
  CommandsListResult,
  ToolsCatalogParams,
  ToolsCatalogResult,
  ToolsEffectiveParams,
  ToolsEffectiveResult,
  ToolsInvokeParams,
  ToolsInvokeResult,
} from '@openclaw/gateway-protocol'
import type { Method } from './method.ts'

/** Tools, and calling them. */
export const toolMethods = {
  list: { rpc: 'tools.catalog', scope: 'operator.read' } as Method<
    ToolsCatalogParams,
    ToolsCatalogResult,
    'tools.catalog'
  >,
  effective: { rpc: 'tools.effective', scope: 'operator.read' } as Method<
    ToolsEffectiveParams,
    ToolsEffectiveResult,
    'tools.effective'
  >,
  invoke: { rpc: 'tools.invoke', scope: 'operator.write' } as Method<
    ToolsInvokeParams,
    ToolsInvokeResult,
    'tools.invoke'
  >,
  commands: { rpc: 'commands.list', scope: 'operator.read' } as Method<
    CommandsListParams,
    CommandsListResult,
    'commands.list'
  >,
}
