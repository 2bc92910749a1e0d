import { eventually } from '@pincer/testing'
import { expect, it } from 'vitest'

import { answerMs, callFor, callOf, openStream, streamAll } from './call.ts'
import { onlyPart, type Part, textOf } from './parts.ts'
import { readParts, within } from './read-parts.ts'
import { streamBreaches } from './stream-rules.ts'
import { modelOf, type ProviderSubject } from './subject.ts'

/** How an answer ended: every way of ending has its own reason. */
export function finishChecks(subject: () => ProviderSubject): void {
  const can = (ability: ProviderSubject['cannot'][number]): boolean => !subject().cannot.includes(ability)

  it('as `stop`', async () => {
    const parts = await streamAll(modelOf(subject()), callOf(subject().prompts.say('done')))
    expect(onlyPart(parts, 'finish').finishReason).toEqual({ unified: 'stop', raw: expect.any(String) })
  })

  it('as `length` where the model came to its limit', async () => {
    const parts = await streamAll(modelOf(subject()), callFor(subject(), 'length'))
    const { unified } = onlyPart(parts, 'finish').finishReason
    expect(unified).toBe(can('length') ? 'length' : 'stop')
  })

  it('as `content-filter` where the model was filtered', async () => {
    const parts = await streamAll(modelOf(subject()), callFor(subject(), 'filter'))
    const { unified } = onlyPart(parts, 'finish').finishReason
    expect(can('content filter') ? ['content-filter'] : ['stop', 'error']).toContain(unified)
  })

  it('as `content-filter`, raw `blocked`, where the guard did not let the agent', async () => {
    const { blockedModel: model, prompts } = subject()
    if (model === undefined) return
    const options = callOf(prompts.say('never said'), { providerOptions: { pincer: { model } } })
    const parts = await streamAll(modelOf(subject()), options)
    expect(onlyPart(parts, 'finish').finishReason).toEqual({ unified: 'content-filter', raw: 'blocked' })
    expect(textOf(parts)).toBe('')
    const { finishReason } = await within(modelOf(subject()).doGenerate(options), answerMs)
    expect(finishReason).toEqual({ unified: 'content-filter', raw: 'blocked' })
  })

  it('as `error`, with the error before it, where the run failed', async () => {
    const parts = await streamAll(modelOf(subject()), callFor(subject(), 'fail'))
    expect(onlyPart(parts, 'error').error).toMatchObject({
      name: 'GatewayError',
      code: 'gateway',
      retryable: false,
    })
    expect(onlyPart(parts, 'finish').finishReason).toEqual({ unified: 'error', raw: expect.any(String) })
  })

  it('as `interrupted`, raw `timed_out`, where the run took too long', async () => {
    if (!can('timeout')) return
    const options = callFor(subject(), 'slow', { providerOptions: { pincer: { timeoutMs: 1_500 } } })
    const parts = await streamAll(modelOf(subject()), options)
    expect(onlyPart(parts, 'finish').finishReason).toEqual({ unified: 'interrupted', raw: 'timed_out' })
  })

  it('as `interrupted`, raw `cancelled`, where somebody else cancelled the run', async () => {
    const { gateway } = subject()
    const reader = await openStream(modelOf(subject()), callFor(subject(), 'slow'))
    const first = await readParts(reader, { until: isMetadata, timeoutMs: answerMs })
    const { id = '' } = onlyPart(first.parts, 'response-metadata')
    const run = await eventually(() => gateway.agents?.get(id), answerMs)
    await run.cancel('an operator stopped it')
    const rest = await readParts(reader, { timeoutMs: answerMs })
    expect(rest.failure).toBeUndefined()
    const parts = [...first.parts, ...rest.parts]
    expect(streamBreaches(parts)).toEqual([])
    expect(onlyPart(parts, 'finish').finishReason).toEqual({ unified: 'interrupted', raw: 'cancelled' })
  })
}

function isMetadata({ type }: Part): boolean {
  return type === 'response-metadata'
}
