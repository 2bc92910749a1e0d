import { createTool, type Tool } from '@mastra/core/tools'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { type CallToolResult, CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js'
import { type Claw, type ClientOptions, createClient } from '@pincer/core'
import type { ClawEvent, ClawEventOf, ClawEventType } from '@pincer/protocol'
import { createFakeGateway, type FakeBehaviour, type FakeGateway } from '@pincer/testing'
import { onTestFinished } from 'vitest'
import { z } from 'zod'

import {
  type McpEndpoint,
  type ListenOptions,
  serveTools,
  type ServeOptions,
  type ToolSource,
} from '../src/serve.ts'

process.env['MASTRA_TELEMETRY_DISABLED'] = '1'

/** A client that enforces, on a fake gateway, and what the gateway was told. */
export interface Watched {
  readonly claw: Claw
  readonly gateway: FakeGateway
  readonly of: <Type extends ClawEventType>(type: Type) => Promise<readonly ClawEventOf<Type>[]>
}

export function watched(
  behaviour: FakeBehaviour = {},
  options: Omit<ClientOptions, 'gateway'> = {},
): Watched {
  const gateway = createFakeGateway(behaviour)
  const claw = createClient({ gateway, guard: { mode: 'enforce' }, outbox: { intervalMs: 1 }, ...options })
  onTestFinished(() => claw.close())
  return {
    claw,
    gateway,
    async of<Type extends ClawEventType>(type: Type) {
      await claw.flush()
      const isOf = (event: ClawEvent): event is ClawEvent & ClawEventOf<Type> => event.type === type
      return gateway.kept.filter(isOf)
    },
  }
}

/** A tool that adds two numbers. */
export type AddTool = Tool<{ a: number; b: number }, { sum: number }>

/** Adds, and remembers what it was called with. */
export function addTool(calls: unknown[] = []): AddTool {
  return createTool({
    id: 'add',
    description: 'Adds two numbers.',
    inputSchema: z.object({ a: z.number(), b: z.number() }),
    outputSchema: z.object({ sum: z.number() }),
    execute: async (input, context) => {
      calls.push({ ...input, toolCallId: context.agent?.toolCallId })
      return { sum: input.a + input.b }
    },
  })
}

/** A tool that never answers, and tells when it was called and when it was aborted. */
export function hangingTool(): {
  readonly hang: ReturnType<typeof createTool>
  readonly called: Promise<void>
  readonly aborted: Promise<unknown>
} {
  const called = Promise.withResolvers<void>()
  const aborted = Promise.withResolvers<unknown>()
  const hang = createTool({
    id: 'hang',
    description: 'Never answers.',
    execute: (_, { abortSignal }) => {
      abortSignal?.addEventListener('abort', () => aborted.resolve(abortSignal.reason))
      called.resolve()
      return new Promise<never>(() => {})
    },
  })
  return { hang, called: called.promise, aborted: aborted.promise }
}

/** Serves tools over HTTP until the test ends. */
export async function listening(
  source: ToolSource,
  claw: Claw,
  { serve, listen }: { readonly serve?: ServeOptions; readonly listen?: ListenOptions } = {},
): Promise<McpEndpoint> {
  const served = serveTools(source, claw, serve)
  onTestFinished(() => served.close())
  return served.listen(listen)
}

/** The official client, connected to an endpoint until the test ends. */
export async function connectClient({ url, token }: Pick<McpEndpoint, 'url' | 'token'>): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' })
  onTestFinished(() => client.close())
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: { authorization: `Bearer ${token}` } },
  })
  // The class allows `undefined` for what the interface leaves out.
  await client.connect(transport as Parameters<typeof client.connect>[0])
  return client
}

/** Calls a tool by the official client. */
export async function callTool(
  client: Client,
  name: string,
  args: Record<string, unknown> = {},
  more: { readonly meta?: Record<string, unknown>; readonly signal?: AbortSignal } = {},
): Promise<CallToolResult> {
  const params = { name, arguments: args, ...(more.meta !== undefined && { _meta: more.meta }) }
  const result = await client.callTool(params, CallToolResultSchema, more.signal && { signal: more.signal })
  return CallToolResultSchema.parse(result)
}

/** The text of an answer. */
export function textOf(result: CallToolResult): string {
  return result.content.map((part) => (part.type === 'text' ? part.text : part.type)).join('\n')
}
