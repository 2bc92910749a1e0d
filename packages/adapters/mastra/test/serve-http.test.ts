import { Mastra } from '@mastra/core'
import { createTool } from '@mastra/core/tools'
import { eventually } from '@pincer/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { serveTools } from '../src/serve.ts'
import { addTool, callTool, connectClient, hangingTool, listening, textOf, watched } from './serve-fixture.ts'

describe('tools as an MCP server over HTTP', () => {
  it('lists a tool with its schemas and hints', async () => {
    const { claw } = watched()
    const read = createTool({
      id: 'read-file',
      description: 'Reads.',
      inputSchema: z.object({ path: z.string() }),
      mcp: { annotations: { readOnlyHint: true }, _meta: { team: 'crabs' } },
      execute: async () => 'text',
    })
    const client = await connectClient(await listening({ add: addTool(), read }, claw))
    const { tools } = await client.listTools()
    expect(tools).toMatchObject([
      {
        name: 'add',
        description: 'Adds two numbers.',
        inputSchema: { type: 'object', properties: { a: { type: 'number' } }, required: ['a', 'b'] },
        outputSchema: { type: 'object', properties: { sum: { type: 'number' } } },
      },
      {
        name: 'read',
        annotations: { readOnlyHint: true },
        _meta: { team: 'crabs' },
      },
    ])
    expect(tools[1]?.outputSchema).toBeUndefined()
    expect(client.getServerVersion()).toMatchObject({ name: 'mastra', version: '0.0.0' })
  })

  it('tells the title of a tool', async () => {
    const { claw } = watched()
    const title = 'Read a file'
    const read = createTool({ id: 'read', title, description: 'Reads.', execute: async () => 'text' })
    const client = await connectClient(await listening({ read }, claw))
    expect((await client.listTools()).tools).toMatchObject([{ name: 'read', title }])
  })

  it('calls a tool, guarded and recorded below the run that the caller names', async () => {
    const { claw, gateway, of } = watched()
    const calls: unknown[] = []
    const client = await connectClient(
      await listening({ add: addTool(calls) }, claw, { serve: { risk: { add: 'medium' } } }),
    )
    const meta = { 'pincer/runId': 'run_7', 'pincer/toolCallId': 'call_9', 'pincer/sessionKey': 'chat' }
    const result = await callTool(client, 'add', { a: 1, b: 2 }, { meta })
    expect(result).toMatchObject({
      structuredContent: { sum: 3 },
      content: [{ type: 'text', text: '{"sum":3}' }],
    })
    expect(calls).toEqual([{ a: 1, b: 2, toolCallId: 'call_9' }])
    expect(gateway.asked).toMatchObject([
      { kind: 'tool_call', name: 'add', toolCallId: 'call_9', input: { a: 1, b: 2 }, risk: 'medium' },
    ])
    const [started] = await of('run.started')
    expect(started).toMatchObject({ parentRunId: 'run_7', sessionKey: 'chat', data: { name: 'add' } })
    expect(await of('tool.call.completed')).toMatchObject([
      {
        runId: started?.runId,
        data: { toolCallId: 'call_9', name: 'add', outcome: 'ok', output: { sum: 3 } },
      },
    ])
    expect(await of('run.completed')).toHaveLength(1)
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('does not put calls below the run in which the server was started', async () => {
    const { claw, of } = watched()
    const endpoint = await claw.run({ name: 'mine' }, () => listening({ add: addTool() }, claw))
    await callTool(await connectClient(endpoint), 'add', { a: 1, b: 2 })
    const [mine, call] = await of('run.started')
    expect([mine?.data.name, call?.data.name, call?.parentRunId]).toEqual(['mine', 'add', undefined])
  })

  it('takes a Mastra instance, and gives the tool that instance', async () => {
    const { claw } = watched()
    const names: unknown[] = []
    const seen = createTool({
      id: 'seen',
      description: 'Looks.',
      execute: async (_, context) => {
        names.push(
          context.mastra === mastra,
          context.requestContext.get('nobody'),
          typeof context.observe.log,
        )
      },
    })
    // Its types do not agree with themselves under exactOptionalPropertyTypes.
    const mastra: Mastra = new Mastra({ tools: { seen: seen as never }, logger: false })
    const client = await connectClient(await listening(mastra, claw))
    expect(textOf(await callTool(client, 'seen'))).toBe('null')
    expect(names).toEqual([true, undefined, 'function'])
  })

  it('takes JSON Schema and choices between objects', async () => {
    const { claw } = watched()
    const plain = createTool({
      id: 'plain',
      description: 'Takes JSON Schema.',
      inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      execute: async (input) => input,
    })
    const choice = createTool({
      id: 'choice',
      description: 'Takes one or the other.',
      inputSchema: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('a'), n: z.number() }),
        z.object({ kind: z.literal('b') }),
      ]),
      execute: async ({ kind }) => kind,
    })
    const client = await connectClient(await listening([plain, choice], claw))
    expect((await callTool(client, 'plain', { city: 'Rome' })).structuredContent).toEqual({ city: 'Rome' })
    expect(textOf(await callTool(client, 'choice', { kind: 'b' }))).toBe('b')
    expect((await callTool(client, 'plain', {})).isError).toBe(true)
    expect((await callTool(client, 'choice', { kind: 'a' })).isError).toBe(true)
  })

  it('tells an agent what a tool tells models, with pictures', async () => {
    const { claw, of } = watched()
    const draw = createTool({
      id: 'draw',
      description: 'Draws.',
      outputSchema: z.object({ png: z.string() }),
      toModelOutput: ({ png }) => ({
        type: 'content',
        value: [
          { type: 'text', text: 'A crab:' },
          { type: 'media', data: png, mediaType: 'image/png' },
        ],
      }),
      execute: async () => ({ png: 'iVBORw0KGgo=' }),
    })
    const client = await connectClient(await listening({ draw }, claw))
    expect((await callTool(client, 'draw')).content).toEqual([
      { type: 'text', text: 'A crab:' },
      { type: 'image', data: 'iVBORw0KGgo=', mimeType: 'image/png' },
    ])
    expect(await of('tool.call.completed')).toMatchObject([{ data: { output: { png: 'iVBORw0KGgo=' } } }])
  })

  it('cancels a call that its client cancels, and serves on', async () => {
    const { claw, of } = watched()
    const { hang, called, aborted } = hangingTool()
    const client = await connectClient(await listening({ hang, add: addTool() }, claw))
    const stop = new AbortController()
    const calling = callTool(client, 'hang', {}, { signal: stop.signal })
    const failed = expect(calling).rejects.toThrow()
    await called
    stop.abort(new Error('enough'))
    await failed
    await aborted
    expect(await eventually(async () => (await of('run.cancelled'))[0])).toBeDefined()
    expect(await of('tool.call.completed')).toMatchObject([{ data: { outcome: 'cancelled' } }])
    expect(textOf(await callTool(client, 'add', { a: 1, b: 1 }))).toBe('{"sum":2}')
  })

  it('serves many clients at a time, each in a session of its own', async () => {
    const { claw } = watched()
    const endpoint = await listening({ add: addTool() }, claw)
    const clients = await Promise.all(Array.from({ length: 10 }, () => connectClient(endpoint)))
    const sums = await Promise.all(
      clients.map(async (client, b) => (await callTool(client, 'add', { a: 1, b })).structuredContent),
    )
    expect(sums).toEqual(clients.map((_, b) => ({ sum: b + 1 })))
  })

  it('ends with its calls when it is closed', async () => {
    const { claw } = watched()
    const { hang, called, aborted } = hangingTool()
    const served = serveTools({ hang }, claw)
    const endpoint = await served.listen()
    const client = await connectClient(endpoint)
    const calling = callTool(client, 'hang').catch((error: unknown) => error)
    await called
    await served.close()
    await aborted
    expect(await fetch(endpoint.url).catch(() => 'nobody')).toBe('nobody')
    await expect(served.listen()).rejects.toMatchObject({ code: 'closed' })
    await client.close()
    expect(await calling).toBeInstanceOf(Error)
    expect(claw.stats().open).toBe(0)
  })
})
