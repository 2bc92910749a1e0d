import type { Gateway, ToolDescription } from '@pincer/protocol'
import { describe, expect, it } from 'vitest'

import { chooseGatewayTools, type GatewayToolFilter } from '../src/tools.ts'

function offering(names: readonly string[]): Gateway {
  const tools = { list: async () => names.map((name) => ({ name })), invoke: async () => Promise.reject() }
  return { name: 'sea', tools, close: async () => {} }
}

const loosely = chooseGatewayTools as (what: string, gateway: Gateway, filter: unknown) => Promise<unknown>
const choose = (names: readonly string[], filter: unknown): Promise<unknown> =>
  loosely('gatewayTools', offering(names), filter)

describe('the tools that are chosen', () => {
  const names = ['files.read', 'files_read', 'math.add']
  const chosen = async (filter?: GatewayToolFilter): Promise<readonly (readonly [string, string])[]> => {
    const { tools } = await chooseGatewayTools('gatewayTools', offering(names), filter)
    return tools.map(({ tool, modelName }) => [tool.name, modelName])
  }

  it('are all where nobody chooses, in the order of the gateway', async () => {
    expect((await chosen()).map(([name]) => name)).toEqual(names)
  })

  it('have the same names for models whatever is chosen', async () => {
    const all = await chosen()
    expect(await chosen(['math.add', 'files.read'])).toEqual([all[0], all[2]])
    expect(await chosen(({ name }: ToolDescription) => name === 'files.read')).toEqual([all[0]])
    expect(await chosen([])).toEqual([])
  })
})

describe('refused', () => {
  const many = Array.from({ length: 25 }, (_, index) => `tool.${index}`)

  it.each([
    [
      'a name that is near',
      ['math.add', 'files.read'],
      ['file.read'],
      'the gateway "sea" has no tool "file.read"; did you mean "files.read"? its tools are "files.read", "math.add"',
    ],
    ['a name that is not', ['math.add'], ['sing'], 'has no tool "sing"; its tools are "math.add"'],
    ['the second of two names', ['math.add'], ['math.add', 'sing'], 'has no tool "sing"'],
    ['a name where there are many', many, ['sing'], '"tool.18", "tool.19" and 5 more'],
    ['a name where there is none', [], ['sing'], 'has no tool "sing"; it has none now'],
    ['a name without end', ['math.add'], ['x'.repeat(5_000)], `has no tool "${'x'.repeat(64)}…"; its`],
    ['a name of every object', ['math.add'], ['constructor'], 'has no tool "constructor"'],
    [
      'a name that is none',
      ['math.add'],
      ['math.add', 5],
      'expected names of tools, found the number 5 at 1',
    ],
    [
      'one name',
      ['math.add'],
      'math.add',
      'expected a list of tool names or a function, found a string "math.add"',
    ],
    ['null', ['math.add'], null, 'expected a list of tool names or a function, found null'],
  ])('%s', async (_, names, filter, message) => {
    const answer = choose(names, filter)
    await expect(answer).rejects.toThrow(`gatewayTools: filter: `)
    await expect(answer).rejects.toThrow(message)
    await expect(answer).rejects.toMatchObject({ code: 'invalid_option' })
  })

  it('a gateway without tools', async () => {
    await expect(
      loosely('gatewayTools', { name: 'sea', close: async () => {} }, undefined),
    ).rejects.toMatchObject({
      code: 'unsupported_by_gateway',
      capability: 'tools',
    })
  })
})
