import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { createTool } from '@mastra/core/tools'
import { createClient } from '@pincer/core'
import { createFakeGateway } from '@pincer/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'

import { serveTools } from '../src/serve.ts'
import { addTool, watched } from './serve-fixture.ts'

const execute = async (): Promise<string> => 'done'
const bare = (id: string, more: object = {}): ReturnType<typeof createTool> =>
  createTool({ id, description: '', execute, ...more })

describe('serveTools', () => {
  it('names tools as models take them, by their key or their id', () => {
    const { claw } = watched()
    expect(serveTools({ 'send mail': bare('x'), send_mail: bare('y') }, claw).tools).toMatchObject([
      { name: expect.stringMatching(/^send_mail_\w+$/), description: expect.stringContaining('send_mail') },
      { name: 'send_mail' },
    ])
    expect(serveTools([bare('crabs.list')], claw).tools).toEqual([
      { name: 'crabs_list', description: 'crabs_list tool', inputSchema: { type: 'object', properties: {} } },
    ])
  })

  it('takes the risk from the options, else from the hints of the tool', () => {
    const { claw } = watched()
    const tools = {
      wipe: bare('wipe', { mcp: { annotations: { destructiveHint: true, readOnlyHint: true } } }),
      read: bare('read', { mcp: { annotations: { readOnlyHint: true } } }),
      other: bare('other'),
      constructor: bare('constructor'),
    }
    const risksOf = (...[risk]: [NonNullable<Parameters<typeof serveTools>[2]>['risk']?]) =>
      serveTools(tools, claw, risk === undefined ? {} : { risk }).tools.map((tool) => tool.risk)
    expect(risksOf()).toEqual(['high', 'low', undefined, undefined])
    expect(risksOf('medium')).toEqual(['medium', 'medium', 'medium', 'medium'])
    expect(risksOf({ read: 'critical' })).toEqual(['high', 'critical', undefined, undefined])
  })

  it.each([
    ['nothing', undefined, /expected tools of createTool\(\) or a Mastra instance, found nothing/],
    ['no tools', {}, /expected at least one tool/],
    ['an empty Mastra', { listTools: () => undefined }, /expected at least one tool/],
    ['what is no tool', { add: 1 }, /tool "add": expected a tool of createTool\(\), found the number 1/],
    ['a function', [() => 1], /expected a tool of createTool\(\)/],
    ['a tool of the client', [createTool({ id: 'ui', description: 'x' })], /tool "ui": it has no `execute`/],
    ['two of one name', [bare('same'), bare('same')], /tool "same": two tools have this name/],
    ['a name that no gateway takes', [bare('_')], /must begin with a letter or a digit/],
    ['arguments that are no object', [bare('text', { inputSchema: z.string() })], /describes no object/],
  ])('refuses %s', (_, source, words) => {
    const { claw } = watched()
    expect(() => serveTools(source as never, claw)).toThrow(words)
    expect(() => serveTools(source as never, claw)).toThrow(
      expect.objectContaining({ code: 'invalid_option' }),
    )
  })

  it.each([
    [{ nam: 'x' }, /did you mean `name`/],
    [{ name: 'a b' }, /name: expected/],
    [{ risk: 'huge' }, /risk: expected low, medium, high, critical/],
    [{ risk: { add: 'huge' } }, /risk\.add: expected/],
    [{ timeoutMs: 0 }, /timeoutMs: expected milliseconds/],
    [{ timeoutMs: 1e12 }, /timeoutMs: expected milliseconds/],
    [{ approvalTimeoutMs: Number.NaN }, /approvalTimeoutMs: expected/],
    [{ maxCalls: 1.5 }, /maxCalls: expected a whole number/],
    [{ requestContext: 'x' }, /requestContext: expected/],
  ])('refuses the options %j', (options, words) => {
    const { claw } = watched()
    expect(() => serveTools({ add: addTool() }, claw, options as never)).toThrow(words)
  })

  it('refuses what is no client', () => {
    expect(() => serveTools({ add: addTool() }, {} as never)).toThrow(/a client of createClient\(\)/)
  })

  it.each([
    [{ prt: 1 }, /did you mean `port`/],
    [{ port: 70_000 }, /port: expected a port/],
    [{ host: '' }, /host: expected an address/],
    [{ token: 'short-secret' }, /token: expected 16 to 1024 visible/],
    [{ token: 'with a space in the middle' }, /token: expected 16 to 1024 visible/],
    [{ allowedHosts: 'x' }, /allowedHosts: expected a list/],
    [{ maxBodyBytes: 0 }, /maxBodyBytes: expected a whole number/],
    [{ maxSessions: -1 }, /maxSessions: expected a whole number/],
  ])('does not listen with %j', async (options, words) => {
    const { claw } = watched()
    const listening = serveTools({ add: addTool() }, claw).listen(options as never)
    await expect(listening).rejects.toThrow(words)
    await expect(listening).rejects.not.toThrow(/short-secret|with a space/)
  })

  it('says who has the port', async () => {
    const { claw } = watched()
    const served = serveTools({ add: addTool() }, claw)
    onTestFinished(() => served.close())
    const { url } = await served.listen()
    const port = Number(new URL(url).port)
    await expect(served.listen({ port })).rejects.toThrow(/EADDRINUSE.*another program uses this port/)
  })

  it.each([
    [{ agentId: 'fake', input: 'x', tools: [] }, /tools: not an option/],
    [{ agentId: 'fake', input: 'x', maxRuns: 0 }, /maxRuns: expected/],
    [{ agentId: 'fake', input: 'x', timeoutMs: -1 }, /timeoutMs: expected/],
  ])('does not run %j', async (request, words) => {
    const { claw } = watched()
    await expect(serveTools({ add: addTool() }, claw).run(request as never)).rejects.toThrow(words)
  })

  it('needs no SDK of MCP to run agents, and names the package to listen', async () => {
    const words = ['--conditions=@pincer/source', '--no-warnings']
    const program = join(import.meta.dirname, 'serve-missing-child.ts')
    const env = { PATH: process.env['PATH'] ?? '', MASTRA_TELEMETRY_DISABLED: '1' }
    const { stdout } = await promisify(execFile)(process.execPath, [...words, program], { env })
    const missing = 'serveTools: an MCP server needs the package @modelcontextprotocol/sdk; install it'
    expect(JSON.parse(stdout)).toEqual({ text: 'crab answered: a crab.', told: [missing, missing] })
  }, 20_000)

  it('leaves the client open', async () => {
    const gateway = createFakeGateway()
    const claw = createClient({ gateway })
    const served = serveTools({ add: addTool() }, claw)
    await served.close()
    await served.close()
    expect(gateway.closed).toBe(false)
    await claw.close()
  })
})
