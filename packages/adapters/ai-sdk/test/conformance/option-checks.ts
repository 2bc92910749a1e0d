import { expect, it } from 'vitest'

import { answerMs, callOf, streamAll } from './call.ts'
import { onlyPart, textOf } from './parts.ts'
import { metadataOf } from './pincer-metadata.ts'
import { within } from './read-parts.ts'
import { modelOf, type ProviderSubject } from './subject.ts'

const wrong: readonly (readonly [string, unknown])[] = [
  ['sessionKey', 7],
  ['sessionKey', ''],
  ['agent', { id: 'main' }],
  ['thinking', true],
  ['timeoutMs', '30s'],
  ['timeoutMs', -1],
  ['timeoutMs', Number.NaN],
  ['label', 1],
  ['model', []],
]

/** `providerOptions.pincer`: checked before anything is started. */
export function optionChecks(subject: () => ProviderSubject): void {
  it.for(wrong)('refuse a wrong value and say which: %s %j', async ([name, value]) => {
    const options = callOf('never asked', { providerOptions: { pincer: { [name]: value as string } } })
    for (const call of ['doStream', 'doGenerate'] as const) {
      const error: unknown = await within<unknown>(modelOf(subject())[call](options), answerMs).catch(
        (thrown) => thrown,
      )
      expect(error).toMatchObject({ name: 'AI_InvalidArgumentError' })
      expect(String(Object(error).message) + String(Object(Object(error).cause).message)).toContain(name)
    }
  })

  it.for([['a text'], [7], [null], [[]]])('refuse what is no object of options: %j', async ([value]) => {
    const options = callOf('never asked', { providerOptions: { pincer: value as never } })
    const answer = within(modelOf(subject()).doStream(options), answerMs)
    await expect(answer).rejects.toMatchObject({ name: 'AI_InvalidArgumentError' })
  })

  it('are told of a name that is not known: a slip is no silent default', async () => {
    const options = callOf(subject().prompts.say('x'), {
      providerOptions: { pincer: { sessionkey: 'slip' } },
    })
    const outcome = await within(modelOf(subject()).doGenerate(options), answerMs).then(
      ({ warnings }) => JSON.stringify(warnings),
      (error: unknown) => String(error),
    )
    expect(outcome).toContain('sessionkey')
  })

  it('leave those of other providers alone', async () => {
    const options = callOf(subject().prompts.say('mine'), { providerOptions: { openai: { store: true } } })
    const parts = await streamAll(modelOf(subject()), options)
    expect(textOf(parts)).toBe('mine')
    expect(onlyPart(parts, 'stream-start').warnings).toEqual([])
  })

  it('name another agent for one call', async () => {
    const { agent, prompts } = subject()
    const model = subject().provider().languageModel('nobody-of-this-name')
    const options = callOf(prompts.say('here'), { providerOptions: { pincer: { agent } } })
    expect(textOf(await streamAll(model, options))).toBe('here')
  })

  it('name the session that the gateway keeps the conversation in', async () => {
    const sessionKey = subject().newSessionKey()
    const options = callOf(subject().prompts.say('kept'), { providerOptions: { pincer: { sessionKey } } })
    const result = await within(modelOf(subject()).doGenerate(options), answerMs)
    expect(metadataOf(result).sessionKey).toBe(sessionKey)
  })
}
