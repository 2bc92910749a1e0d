import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { JsonSchemaValidatorResult } from '@modelcontextprotocol/sdk/validation/types.js'
import type { Calls, Request } from './calls.ts'
import { type McpGrant, requestGrant, revokeGrant } from './mcp-grant.ts'

/** The Gateway's MCP server as one of its sessions sees it; connected when it is first used, and again when its access has ended. */
export interface McpSession {
  /**
   * Does something with the connection; once more with a new one where the first was refused before anything was done.
   *
   * @throws GatewayError where there is no access.
   */
  use<Value>(work: (client: Client) => Promise<Value>): Promise<Value>
  /** Lets go of it as soon as nobody is at work with it. */
  retire(): Promise<void>
  /** Lets go of it at once. */
  close(): Promise<void>
}

interface Open {
  readonly client: Client
  readonly grant: McpGrant
  /** How many are at work with it. */
  users: number
  /** True once it is to be let go of as soon as nobody is at work with it. */
  isDropped: boolean
}

const connectTimeoutMs = 10_000
// Access is renewed this long before it ends.
const renewBeforeMs = 60_000

/** @param request sends the revocation, also after the gateway was closed. */
export function createMcpSession(calls: Calls, request: Request, sessionKey: string | undefined): McpSession {
  let current: Promise<Open> | undefined
  let isClosed = false

  async function open(): Promise<Open> {
    const grant = await requestGrant(calls, sessionKey)
    // Loaded on demand: most programs never ask for the tools.
    const [{ Client }, { StreamableHTTPClientTransport }] = await Promise.all([
      import('@modelcontextprotocol/sdk/client/index.js'),
      import('@modelcontextprotocol/sdk/client/streamableHttp.js'),
    ])
    const client = new Client(
      { name: 'pincer-openclaw', version: '1' },
      // Answers go on as they are: a schema that cannot be compiled must not cost all the tools.
      { jsonSchemaValidator: { getValidator: <Value>() => acceptAny<Value> } },
    )
    const transport = new StreamableHTTPClientTransport(grant.url, {
      requestInit: { headers: { authorization: `Bearer ${grant.token}` }, redirect: 'error' },
    })
    try {
      // The class declares optional members without `undefined`, its own interface with it.
      await client.connect(transport as Parameters<Client['connect']>[0], {
        timeout: connectTimeoutMs,
        signal: calls.closed,
      })
    } catch (error) {
      await revokeGrant(request, grant)
      throw error
    }
    return { client, grant, users: 0, isDropped: false }
  }

  async function reach(): Promise<{ readonly opening: Promise<Open>; readonly opened: Open }> {
    const known = current
    // Access that was just given is used, however short it is.
    if (known !== undefined && (await endsSoon(known))) await drop(known)
    const opening = (current ??= open())
    try {
      const opened = await opening
      // Counted at once, so that it is not let go of before the work begins.
      opened.users += 1
      return { opening, opened }
    } catch (error) {
      if (current === opening) current = undefined
      throw error
    }
  }

  async function drop(lost: Promise<Open>): Promise<void> {
    if (current === lost) current = undefined
    const opened = await lost.catch(() => undefined)
    if (opened === undefined) return
    const isNew = !opened.isDropped
    opened.isDropped = true
    // Calls that are under way are let end, and the last of them lets go.
    if ((isNew && opened.users === 0) || (isClosed && opened.users > 0)) await letGo(opened)
  }

  async function letGo({ client, grant }: Open): Promise<void> {
    await client.close().catch(() => {})
    await revokeGrant(request, grant)
  }

  async function work<Value>(opened: Open, task: (client: Client) => Promise<Value>): Promise<Value> {
    try {
      return await task(opened.client)
    } finally {
      opened.users -= 1
      if (opened.users === 0 && opened.isDropped && !isClosed) void letGo(opened)
    }
  }

  return {
    async use(task) {
      const { opening, opened } = await reach()
      try {
        return await work(opened, task)
      } catch (error) {
        if (!wasRefused(error)) throw error
        await drop(opening)
        return await work((await reach()).opened, task)
      }
    },
    async retire() {
      if (current !== undefined) await drop(current)
    },
    async close() {
      isClosed = true
      if (current !== undefined) await drop(current)
    },
  }
}

// The caller of the tool knows best what to make of its answer.
function acceptAny<Value>(input: unknown): JsonSchemaValidatorResult<Value> {
  return { valid: true, data: input as Value, errorMessage: undefined }
}

async function endsSoon(opening: Promise<Open>): Promise<boolean> {
  const opened = await opening.catch(() => undefined)
  return opened !== undefined && opened.grant.expiresAt - Date.now() < renewBeforeMs
}

/** Whether nothing was done: access has ended, or the Gateway was restarted and listens elsewhere. */
function wasRefused(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? error.code : undefined
  const cause = error.cause instanceof Error && 'code' in error.cause ? error.cause.code : undefined
  return code === 401 || code === 404 || code === 'ECONNREFUSED' || cause === 'ECONNREFUSED'
}
