import { AIMessage } from '@langchain/core/messages'
import { expect, it } from 'vitest'

import type { ChatModelSubject } from './subject.ts'
import { person } from './tools.ts'

const ada = { name: 'Ada', age: 36 }

/** Values in place of messages: three checks. */
export function outputChecks(subject: () => ChatModelSubject): void {
  it('answers with a value of a schema', async () => {
    const { prompts } = subject()
    const called = subject().model().withStructuredOutput(person, { name: 'person' })
    expect(await called.invoke(prompts.call('person', ada))).toEqual(ada)
    const plain = subject()
      .model()
      .withStructuredOutput({
        title: 'extract',
        type: 'object',
        properties: { name: { type: 'string' } },
      })
    expect(await plain.invoke(prompts.call('extract', { name: 'Ada' }))).toEqual({ name: 'Ada' })
    // Some gateways check the arguments themselves, and the agent then says what was wrong.
    await expect(called.invoke(prompts.call('person', { name: 'Ada', age: 'old' }))).rejects.toMatchObject({
      lc_error_code: 'OUTPUT_PARSING_FAILURE',
    })
    await expect(called.invoke(prompts.say('no idea'))).rejects.toThrow(
      /in words instead of calling "person"/,
    )
  })

  it('answers with a value and the message it came from', async () => {
    const { prompts } = subject()
    const model = subject().model().withStructuredOutput(person, { name: 'person', includeRaw: true })
    const { raw, parsed } = await model.invoke(prompts.call('person', ada))
    expect(parsed).toEqual(ada)
    expect(AIMessage.isInstance(raw) && raw.tool_calls).toMatchObject([{ name: 'person', args: ada }])
    expect((await model.invoke(prompts.say('no idea'))).parsed).toBeNull()
  })

  it('answers with JSON that it writes', async () => {
    const { prompts } = subject()
    const model = subject().model().withStructuredOutput(person, { method: 'jsonMode' })
    expect(await model.invoke(prompts.say(JSON.stringify(ada)))).toEqual(ada)
    expect(await model.invoke(prompts.say(`Here it is: ${JSON.stringify(ada)} as you wished`))).toEqual(ada)
    await expect(model.invoke(prompts.say('no idea'))).rejects.toThrow(/did not answer with JSON/)
  })
}
