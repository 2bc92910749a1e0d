import type { Claw } from '@pincer/core'
import { PincerError, type ToolDescription } from '@pincer/protocol'

import { createCaller } from './serve-call.ts'
import { describeTool, readCatalog } from './serve-catalog.ts'
import { listenHttp } from './serve-http.ts'
import { readServeOptions, type ServeOptions, type ToolSource } from './serve-options.ts'
import type { ListenOptions, McpConnection, McpEndpoint, StdioOptions } from './serve-ports.ts'
import { runWithTools, type ServedRunRequest, type ServedRunResult } from './serve-run.ts'
import { connectStdio } from './serve-stdio.ts'

/** Mastra's tools as a gateway's agents may have them. */
export interface ServedTools {
  /** The tools as gateways are told of them. */
  readonly tools: readonly ToolDescription[]
  /**
   * Serves the tools as an MCP server over streamable HTTP, on loopback and behind a token unless told otherwise.
   *
   * @throws PincerError with code `invalid_option`; GatewayError where the address cannot be listened on
   */
  listen(options?: ListenOptions): Promise<McpEndpoint>
  /**
   * Serves the tools as an MCP server over stdin and stdout, for a gateway that starts this process; nothing else may
   * write to stdout then.
   *
   * @throws PincerError with code `invalid_option`
   */
  connectStdio(options?: StdioOptions): Promise<McpConnection>
  /**
   * Runs an agent of the client's gateway with the tools, and answers its calls until it is done.
   *
   * @throws UnsupportedByGatewayError where the gateway's agents take no tools of their caller; PincerError with code
   * `invalid_option`; GatewayError; the signal's reason
   */
  run(request: ServedRunRequest): Promise<ServedRunResult>
  /** Closes every endpoint and connection; the client stays open. */
  close(): Promise<void>
}

/**
 * Offers tools of Mastra to a gateway's agents: as an MCP server, and as tools of runs that are started here.
 *
 * Each call is checked against the tool's schema, asked about where the client's guard enforces, and recorded below the
 * gateway's run that makes it, where that is known. Tools with `requireApproval` run only where the guard has had a person
 * approve the call. What fails is told to the agent without stack traces and paths of this machine.
 *
 * @throws PincerError with code `invalid_option`
 * @example
 * const served = serveTools({ add }, claw)
 * const { url, token } = await served.listen()
 * const { text } = await served.run({ agentId: 'main', input: 'Add 1 and 2.' })
 */
export function serveTools(source: ToolSource, claw: Claw, options: ServeOptions = {}): ServedTools {
  const settings = readServeOptions(claw, options)
  const catalog = readCatalog(source, settings.risk)
  const call = createCaller(claw, catalog, settings)
  const tools = [...catalog.values()].map(describeTool)
  const open = new Set<{ close(): Promise<void> }>()
  let closed = false

  async function keep<Opened extends { close(): Promise<void> }>(opening: Promise<Opened>): Promise<Opened> {
    const opened = await opening
    open.add(opened)
    if (closed) await opened.close()
    return opened
  }

  function checkOpen(): void {
    if (closed) throw new PincerError('closed', 'the tools are no longer served; call serveTools again')
  }

  const server = { name: settings.name, catalog, call, report: claw.report.bind(claw) }
  return {
    tools,
    async listen(given = {}) {
      checkOpen()
      return keep(listenHttp(server, given))
    },
    async connectStdio(given = {}) {
      checkOpen()
      return keep(connectStdio(server, given))
    },
    async run(request) {
      checkOpen()
      return runWithTools(
        { gateway: claw.gateway, current: () => claw.current()?.runId, tools, call },
        request,
      )
    },
    async close() {
      closed = true
      await Promise.all([...open].map((one) => one.close()))
      open.clear()
    },
  }
}
