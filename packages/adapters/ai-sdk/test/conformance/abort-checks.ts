import { eventually } from '@pincer/testing'
import { expect, it } from 'vitest'

import { answerMs, callFor, callOf, openStream, streamAll } from './call.ts'
import { onlyPart, type Part, partsOf } from './parts.ts'
import { readParts, within } from './read-parts.ts'
import { expectCancelled } from './expect-cancelled.ts'
import { streamBreaches } from './stream-rules.ts'
import { modelOf, type ProviderSubject } from './subject.ts'

/** Aborting: at every point the call ends with the reason that was given, and the run on the gateway with it. */
export function abortChecks(subject: () => ProviderSubject): void {
  const leaving = (): Error => new Error('the user left')

  it.for(['doStream', 'doGenerate'] as const)('before the start, nothing is started: %s', async (call) => {
    const reason = leaving()
    const options = callFor(subject(), 'slow', { abortSignal: AbortSignal.abort(reason) })
    const before = subject().started.length
    await expect(within<unknown>(modelOf(subject())[call](options), answerMs)).rejects.toBe(reason)
    expect(subject().started).toHaveLength(before)
  })

  it('of a slow stream ends it at once, with the reason', async () => {
    const abort = new AbortController()
    const reason = leaving()
    const options = callFor(subject(), 'slow', { abortSignal: abort.signal })
    const reader = await openStream(modelOf(subject()), options)
    const first = await readParts(reader, { until: isMetadata, timeoutMs: answerMs })
    abort.abort(reason)
    // Much sooner than the answer would have come: within five seconds.
    const rest = await readParts(reader)
    expect(rest.failure?.error).toBe(reason)
    expect(streamBreaches([...first.parts, ...rest.parts], { isWhole: false })).toEqual([])
    expect(partsOf(rest.parts, 'finish')).toEqual([])
    await expectCancelled(subject(), onlyPart(first.parts, 'response-metadata').id)
  })

  it('of a slow answer as a whole throws the reason, and cancels the run', async () => {
    const abort = new AbortController()
    const reason = leaving()
    const before = subject().started.length
    const answer = modelOf(subject()).doGenerate(callFor(subject(), 'slow', { abortSignal: abort.signal }))
    const refused = expect(within(answer, answerMs)).rejects.toBe(reason)
    const run = await eventually(() => subject().started[before], answerMs)
    abort.abort(reason)
    await refused
    await expectCancelled(subject(), run.runId)
  })

  it('after the end changes nothing', async () => {
    const abort = new AbortController()
    const options = callOf(subject().prompts.say('over'), { abortSignal: abort.signal })
    const parts = await streamAll(modelOf(subject()), options)
    abort.abort(leaving())
    const { id = '' } = onlyPart(parts, 'response-metadata')
    const run = await eventually(() => subject().gateway.agents?.get(id), answerMs)
    expect((await run.wait({ timeoutMs: answerMs })).status).toBe('completed')
  })

  it('of one of two streams leaves the other alone', async () => {
    const model = modelOf(subject())
    const abort = new AbortController()
    const slow = await openStream(model, callFor(subject(), 'slow', { abortSignal: abort.signal }))
    const other = streamAll(model, callFor(subject(), 'long'))
    await readParts(slow, { until: isMetadata, timeoutMs: answerMs })
    abort.abort(leaving())
    expect((await readParts(slow, { timeoutMs: answerMs })).failure).toBeDefined()
    expect(onlyPart(await other, 'finish').finishReason.unified).toBe('stop')
  })
}

function isMetadata({ type }: Part): boolean {
  return type === 'response-metadata'
}
