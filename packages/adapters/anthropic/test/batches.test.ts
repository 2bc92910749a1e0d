import { jsonAnswer, type Recorded, recorded, until, useScriptedServer } from '@pincer/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { pincerMiddleware, wrapAnthropic } from '../src/index.ts'
import { clientKinds } from './clients.ts'
import { message, usage, usageConverted } from './wire.ts'

const fixture = useScriptedServer('request-id')
const batchUsage = { ...usage, service_tier: 'batch' }

function lines(count: number): string {
  const results: unknown[] = Array.from({ length: count }, (_, index) => ({
    custom_id: `ok-${index}`,
    result: { type: 'succeeded', message: message(`Answer ${index}`, 'end_turn', { usage: batchUsage }) },
  }))
  const error = { type: 'error', error: { type: 'invalid_request_error', message: 'max_tokens is missing' } }
  results.push(
    { custom_id: 'bad', result: { type: 'errored', error } },
    { custom_id: 'gone', result: { type: 'canceled' } },
    { custom_id: 'late', result: { type: 'expired' } },
  )
  return results.map((line) => JSON.stringify(line)).join('\n')
}

const kinds = clientKinds.filter(({ has }) => has.batches)
const ways = kinds.flatMap(({ name, make, has }) => {
  const wrapped = {
    name: `${name}, wrapped`,
    open: (claw: Recorded['claw']) => wrapAnthropic(make(fixture.server.url), claw),
  }
  if (!has.middleware) return [wrapped]
  const tapped = {
    name: `${name}, tapped`,
    open: (claw: Recorded['claw']) => make(fixture.server.url, { middleware: [pincerMiddleware(claw)] }),
  }
  const both = {
    name: `${name}, both`,
    open: (claw: Recorded['claw']) =>
      wrapAnthropic(make(fixture.server.url, { middleware: [pincerMiddleware(claw)] }), claw),
  }
  return [wrapped, tapped, both]
})

describe.each(ways)('results of a batch, $name', ({ open }) => {
  let record: Recorded
  let client: ReturnType<typeof open>
  beforeEach(() => {
    record = recorded()
    client = open(record.claw)
    const { url } = fixture.server
    fixture.server.answer((request, response) => {
      if (request.path.endsWith('/results')) {
        response.writeHead(200, { 'content-type': 'application/x-jsonl' })
        return void response.end(lines(3))
      }
      const batch = { id: 'msgbatch_1', processing_status: 'ended', request_counts: {} }
      return jsonAnswer({ ...batch, results_url: `${url}/v1/messages/batches/msgbatch_1/results` })(
        request,
        response,
      )
    })
  })
  afterEach(() => record.done())
  const read = async (): Promise<string[]> => {
    const ids: string[] = []
    for await (const line of await client.messages.batches.results('msgbatch_1')) ids.push(line.custom_id)
    return ids
  }

  test('are one run of model calls with their usage, once however often they are read', async () => {
    const ids = ['ok-0', 'ok-1', 'ok-2', 'bad', 'gone', 'late']
    expect(await read()).toEqual(ids)
    expect(await read()).toEqual(ids)
    await until(async () => (await record.of('run.completed')).length === 1)
    expect((await record.of('run.started')).map(({ data }) => data)).toMatchObject([
      { name: 'batch results', input: { batchId: 'msgbatch_1' } },
    ])
    expect((await record.of('model.call.started')).map(({ data }) => data.parameters)).toEqual(
      ids.map((customId) => ({ batchId: 'msgbatch_1', customId })),
    )
    expect((await record.of('model.call.completed')).map(({ data }) => data)).toMatchObject([
      ...[0, 1, 2].map((index) => ({
        outcome: 'ok',
        output: { content: [{ type: 'text', text: `Answer ${index}` }] },
      })),
      { outcome: 'cancelled' },
    ])
    expect((await record.of('model.call.failed')).map(({ data }) => data.error)).toMatchObject([
      { name: 'BadRequestError', code: 'invalid_request_error', message: 'max_tokens is missing' },
      { code: 'expired' },
    ])
    const { details } = usageConverted
    const { standardTierCalls: _, ...tiers } = details
    expect((await record.of('usage.reported')).map(({ data }) => data)).toEqual(
      [0, 1, 2].map(() => ({
        ...usageConverted,
        provider: 'anthropic',
        model: 'claude-test-2026',
        details: { ...tiers, batchTierCalls: 1 },
      })),
    )
  })

  test('belong to the run that reads them', async () => {
    await record.claw.run({ name: 'nightly' }, read)
    expect((await record.of('run.started')).map(({ data }) => data.name)).toEqual(['nightly'])
    expect(await record.of('usage.reported')).toHaveLength(3)
  })

  test('a reader that stops early leaves a cancelled run', async () => {
    for await (const _ of await client.messages.batches.results('msgbatch_1')) break
    await until(async () => (await record.of('run.cancelled')).length === 1)
    expect((await record.of('usage.reported')).length).toBeGreaterThan(0)
  })
})
