import { jsonAnswer, recorded, until, useScriptedServer } from '@pincer/testing'
import { expect, test } from 'vitest'

import { wrapOpenAI } from '../src/index.ts'
import { clientKinds } from './clients.ts'
import { completion, toolCompletion } from './wire.ts'

const fixture = useScriptedServer('x-request-id')
const clock = {
  type: 'function' as const,
  function: {
    description: '',
    parameters: {},
    function: function time(): string {
      return 'noon'
    },
  },
}

test.each(clientKinds)(
  'two claws on one $name keep the runs of a tool loop apart, without AsyncLocalStorage',
  async ({ make }) => {
    const claws = [recorded({ context: false }), recorded({ context: false })] as const
    const called = { id: 'call_1', name: 'time', arguments: '{}' }
    fixture.server.answers(jsonAnswer(toolCompletion(called)), jsonAnswer(completion('Noon')))
    const both = claws.reduce((inner, { claw }) => wrapOpenAI(inner, claw), make(fixture.server.url))
    const messages = [{ role: 'user' as const, content: 'What time is it?' }]
    const runner = both.chat.completions.runTools({ model: 'gpt-test', messages, tools: [clock] })
    expect(await runner.finalContent()).toBe('Noon')
    for (const one of claws) {
      await until(async () => (await one.of('run.completed')).length === 1)
      const all = await one.events()
      expect(new Set(all.map(({ runId }) => runId)).size).toBe(1)
      expect(await one.of('model.call.completed')).toHaveLength(2)
      expect(await one.of('tool.call.completed')).toHaveLength(1)
      await one.done()
    }
  },
)
