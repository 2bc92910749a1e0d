import type { Readable, Writable } from 'node:stream'

/** Where and to whom tools are served over HTTP. */
export interface ListenOptions {
  /** Port to listen on; any free one when absent. */
  readonly port?: number
  /** Address to listen on; `127.0.0.1` when absent. */
  readonly host?: string
  /** What clients must send as bearer token: 16 to 1024 visible characters; made at random when absent. */
  readonly token?: string
  /** Host names, beside loopback ones and `host`, that requests may be addressed to. */
  readonly allowedHosts?: readonly string[]
  /** Longest body in bytes; default 4 194 304. */
  readonly maxBodyBytes?: number
  /** Most clients at a time; default 100. */
  readonly maxSessions?: number
}

/** Tools on an address, as an MCP server over streamable HTTP. */
export interface McpEndpoint {
  /** Where a gateway finds it, such as `http://127.0.0.1:41000/mcp`. */
  readonly url: string
  /** The bearer token; it is no own property, so that logging the endpoint does not show it. */
  readonly token: string
  /** Cancels what is under way and stops to listen; safe to call twice. */
  close(): Promise<void>
}

/** Which streams tools are served on. */
export interface StdioOptions {
  /** What the client writes; the standard input of this process when absent. */
  readonly input?: Readable
  /** What the client reads; the standard output of this process when absent. */
  readonly output?: Writable
}

/** Tools on two streams, as an MCP server over stdio. */
export interface McpConnection {
  /** Resolves once the client is gone, or it was closed. */
  readonly closed: Promise<void>
  /** Cancels what is under way and lets go of the streams; safe to call twice. */
  close(): Promise<void>
}
