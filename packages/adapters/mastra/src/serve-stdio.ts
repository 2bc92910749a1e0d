import process from 'node:process'

import { checkOptionNames } from '@pincer/protocol'

import { loadMcpServers, loadSdk, type McpParts } from './serve-mcp.ts'
import type { McpConnection, StdioOptions } from './serve-ports.ts'

const longestMessage = 4_194_304

/** Serves tools as an MCP server on two streams. */
export async function connectStdio(parts: McpParts, options: StdioOptions): Promise<McpConnection> {
  checkOptionNames('connectStdio()', options, ['input', 'output'])
  const { input = process.stdin, output = process.stdout } = options
  const [servers, { StdioServerTransport }] = await Promise.all([
    loadMcpServers(parts),
    loadSdk(() => import('@modelcontextprotocol/sdk/server/stdio.js')),
  ])
  const { server, settled } = servers()
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  const close = async (): Promise<void> => {
    for (const end of ['end', 'close', 'error']) input.off(end, leave)
    await server.close()
    await closed
  }
  // The SDK's transport does not look for the end of its streams.
  const leave = (): void => void close()
  for (const end of ['end', 'close', 'error']) input.once(end, leave)
  // Stays: what is written to a client that is gone fails after the connection was closed too.
  output.on('error', leave)
  // Only then a program may close its client: what was cancelled is on record.
  server.onclose = () => void settled().then(resolve)
  await server.connect(new StdioServerTransport(input, output, { maxBufferSize: longestMessage }))
  return { closed, close }
}
