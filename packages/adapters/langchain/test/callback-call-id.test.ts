// Where nobody tells the id of a tool call (older versions, tools called with plain arguments), it is found by what a model asked.
import { AIMessage } from '@langchain/core/messages'
import { END, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { PincerCallbackHandler } from '../src/index.ts'
import { type Recorded, recorded } from './callback-fixture.ts'
import { call, ScriptedModel } from './scripted-model.ts'
import { add, hi } from './tools.ts'

let record: Recorded
beforeEach(() => {
  record = recorded()
})
afterEach(() => record.done())

/** A graph that calls the tools itself, with these arguments where they are not those that the model asked for. */
async function run(asked: ReturnType<typeof call>, given?: readonly object[]): Promise<readonly string[]> {
  const model = new ScriptedModel([asked])
  const graph = new StateGraph(MessagesAnnotation)
    .addNode('model', async ({ messages }, config) => ({ messages: [await model.invoke(messages, config)] }))
    .addNode('tools', async ({ messages }, config) => {
      const message = messages.findLast((found) => AIMessage.isInstance(found))
      for (const args of given ?? (message?.tool_calls ?? []).map((found) => found.args))
        await add.invoke(args as { a: number; b: number }, config)
      return { messages: [] }
    })
    .addEdge(START, 'model')
    .addEdge('model', 'tools')
    .addEdge('tools', END)
    .compile()
  await graph.invoke(hi, { callbacks: [new PincerCallbackHandler(record.claw)] })
  return (await record.of('tool.call.started')).map(({ data }) => data.toolCallId)
}

test('each call has its own id, also two that are alike', async () => {
  const ids = await run(
    call(['add', { a: 1, b: 2 }, 'one'], ['add', { a: 3, b: 4 }, 'two'], ['add', { a: 1, b: 2 }, 'three']),
  )
  expect(ids).toEqual(['one', 'two', 'three'])
})

test('a call that no model asked for has an id of its own', async () => {
  const ids = await run(call(['add', { a: 1, b: 2 }, 'one']), [
    { a: 5, b: 6 },
    { b: 2, a: 1 },
    { a: 1, b: 2 },
    { a: 1, b: 2 },
  ])
  expect(ids.map((id) => id === 'one')).toEqual([false, false, true, false])
  expect(new Set(ids).size).toBe(4)
})
