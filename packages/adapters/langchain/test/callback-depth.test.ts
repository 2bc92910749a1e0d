// Agents in agents, clients side by side, clients that are closed.
import { tool } from '@langchain/core/tools'
import { createAgent } from 'langchain'
import { expect, test } from 'vitest'
import { z } from 'zod'

import { PincerCallbackHandler } from '../src/index.ts'
import { recorded } from './callback-fixture.ts'
import { call, say, ScriptedModel } from './scripted-model.ts'
import { add, hi } from './tools.ts'

function nested(depth: number): ReturnType<typeof createAgent> {
  const inner = depth === 0 ? undefined : nested(depth - 1)
  const ask = tool(
    async (_, config) => {
      const state = await inner?.invoke(hi, config as object)
      return String(state?.messages.at(-1)?.text)
    },
    { name: 'ask', description: 'Asks.', schema: z.object({}) },
  )
  const first = inner === undefined ? call(['add', { a: 1, b: 2 }, 'call_1']) : call(['ask', {}, 'call_1'])
  return createAgent({
    name: `agent ${depth}`,
    model: new ScriptedModel([first, say(`done ${depth}`)]),
    tools: [add, ask],
  })
}

test('agents nested three deep, all with the same ids, stand where they are', async () => {
  const record = recorded()
  await nested(3).invoke(hi, { callbacks: [new PincerCallbackHandler(record.claw)] })
  const lines = (await record.list()).split('\n')
  expect(lines.filter((line) => /^ *(?:run|tool\.call)\.started/.test(line))).toEqual([
    'run.started agent 3',
    '  tool.call.started ask',
    '    run.started agent 2',
    '      tool.call.started ask',
    '        run.started agent 1',
    '          tool.call.started ask',
    '            run.started agent 0',
    '              tool.call.started add',
  ])
  await record.done()
})

test('handlers of two clients each tell theirs', async () => {
  const [one, two] = [recorded(), recorded()]
  const callbacks = [new PincerCallbackHandler(one.claw), new PincerCallbackHandler(two.claw)]
  await nested(1).invoke(hi, { callbacks })
  expect(await one.list()).toBe(await two.list())
  expect((await one.list()).length).toBeGreaterThan(100)
  await one.done()
  await two.done()
})

test('a handler whose client is closed changes nothing', async () => {
  const record = recorded()
  const handler = new PincerCallbackHandler(record.claw)
  await record.claw.close({ timeoutMs: 1_000 })
  const state = await nested(1).invoke(hi, { callbacks: [handler] })
  expect(state.messages.at(-1)?.text).toBe('done 1')
})
