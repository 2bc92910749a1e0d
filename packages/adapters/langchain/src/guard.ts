export { guardMiddleware } from './guard-middleware.ts'
export { guardTool } from './guard-tool.ts'
export type { GuardMiddlewareOptions, GuardToolOptions, ToolInput } from './guard-options.ts'
export type { InvokableTool } from './guard-tool-copy.ts'
