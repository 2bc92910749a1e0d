// Conversations that several agents share, and what is paused in them.
import { Command, interrupt, MemorySaver } from '@langchain/langgraph'
import { createAgent } from 'langchain'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { PincerCallbackHandler } from '../src/index.ts'
import { type Recorded, recorded } from './callback-fixture.ts'
import { call, say, ScriptedModel } from './scripted-model.ts'
import { act, hi } from './tools.ts'

let record: Recorded
beforeEach(() => {
  record = recorded()
})
afterEach(() => record.done())

function asking(name: string) {
  const agent = createAgent({
    name,
    model: new ScriptedModel([call(['asks', {}, 'call_1']), say(`${name} is done`)]),
    tools: [act('asks', () => String(interrupt(`${name} asks`)))],
    checkpointer: new MemorySaver(),
  })
  const config = {
    callbacks: [new PincerCallbackHandler(record.claw)],
    configurable: { thread_id: 'shared' },
  }
  return {
    start: () => agent.invoke(hi, config),
    resume: () => agent.invoke(new Command({ resume: 'yes' }), config),
  }
}

test('two agents that are interrupted in one conversation each go on with their own run', async () => {
  const [ada, bob] = [asking('ada'), asking('bob')]
  await ada.start()
  await bob.start()
  await ada.resume()
  await bob.resume()
  const started = await record.of('run.started')
  expect(started.map(({ data }) => data.name)).toEqual(['ada', 'bob'])
  const ended = await record.of('run.completed')
  expect(ended.map(({ runId, data }) => [runId === started[0]?.runId, data.output])).toEqual([
    [true, 'ada is done'],
    [false, 'bob is done'],
  ])
  expect(await record.of('run.cancelled')).toEqual([])
})

test('200 agents at once with one handler, all with the same ids, keep their own', async () => {
  const handler = new PincerCallbackHandler(record.claw)
  await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      createAgent({
        name: `agent ${index}`,
        model: new ScriptedModel([call(['acts', {}, 'call_1']), say(`done ${index}`)]),
        tools: [act('acts', async () => `acted ${index}`)],
        checkpointer: new MemorySaver(),
      }).invoke(hi, { callbacks: [handler], configurable: { thread_id: 'shared' } }),
    ),
  )
  const started = await record.of('run.started')
  expect(started).toHaveLength(200)
  const outputs = new Map(
    (await record.of('tool.call.completed')).map(({ runId, data }) => [runId, data.output]),
  )
  for (const { runId = '', data } of started)
    expect(outputs.get(runId)).toBe(`acted ${data.name?.replace('agent ', '')}`)
})

test('an interrupt, then a new question instead of an answer', async () => {
  const ada = asking('ada')
  await ada.start()
  await ada.start().catch(() => {})
  expect((await record.of('run.cancelled')).map(({ data }) => data.reason)).toEqual([
    'the conversation went on without an answer',
  ])
})

test('a state without messages has no answer', async () => {
  const handler = new PincerCallbackHandler(record.claw)
  for (const [index, output] of [
    { messages: [] },
    { messages: null },
    { messages: [null] },
    null,
    [],
  ].entries()) {
    handler.handleChainStart({}, null, `run ${index}`)
    handler.handleChainEnd(output, `run ${index}`)
  }
  expect(await record.of('run.completed')).toHaveLength(5)
})
