import { BaseCallbackHandler } from '@langchain/core/callbacks/base'
import { awaitAllCallbacks } from '@langchain/core/callbacks/promises'
import { createAgent } from 'langchain'
import { expect, test } from 'vitest'

import { PincerCallbackHandler } from '../src/index.ts'
import { recorded } from './callback-fixture.ts'
import { call, say, ScriptedModel } from './scripted-model.ts'
import { add, hi } from './tools.ts'

// LangChain lets handlers of its default wait in one line behind each other, in the background.
class HeldHandler extends BaseCallbackHandler {
  readonly name = 'held'
  override awaitHandlers = false
  readonly #until: Promise<void>
  ended = 0

  constructor(until: Promise<void>) {
    super()
    this.#until = until
  }

  override async handleChainStart(): Promise<void> {
    await this.#until
  }

  override handleChainEnd(): void {
    this.ended++
  }
}

test('all is recorded when the answer is there, even while another handler is held up in the background', async () => {
  const held = Promise.withResolvers<void>()
  const other = new HeldHandler(held.promise)
  const record = recorded()
  const agent = createAgent({
    model: new ScriptedModel([call(['add', { a: 1, b: 2 }, 'call_1']), say('3')]),
    tools: [add],
  })
  await agent.invoke(hi, { callbacks: [other, new PincerCallbackHandler(record.claw)] })
  expect(record.claw.stats().open).toBe(0)
  expect(other.ended).toBe(0)
  expect((await record.events()).map(({ type }) => type)).toEqual([
    'run.started',
    'model.call.started',
    'usage.reported',
    'model.call.completed',
    'tool.call.started',
    'tool.call.completed',
    'model.call.started',
    'usage.reported',
    'model.call.completed',
    'run.completed',
  ])
  await record.done()
  expect(record.claw.stats()).toMatchObject({ queued: 0, dropped: 0 })
  held.resolve()
  await awaitAllCallbacks()
  expect(other.ended).toBeGreaterThan(0)
})

test('what a stream has said is delivered once it is read, whatever its reader does next', async () => {
  const record = recorded()
  const model = new ScriptedModel([say('One two three')])
  const callbacks = [new PincerCallbackHandler(record.claw)]
  for await (const _ of await model.stream('hi', { callbacks })) void _
  await record.done()
  const [delta] = await record.of('assistant.delta')
  expect(delta?.data.delta).toBe('One two three')
  expect(await record.of('model.call.completed')).toHaveLength(1)
})
