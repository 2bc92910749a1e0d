export type { McpConnection, McpEndpoint, ListenOptions, StdioOptions } from './serve-ports.ts'
export type { ServableTool, ServeOptions, ToolSource } from './serve-options.ts'
export type { ServedRunRequest, ServedRunResult } from './serve-run.ts'
export { type ServedTools, serveTools } from './serve-tools.ts'
