import { type AgentRunRequest, GatewayError } from '@pincer/protocol'
import { generateText } from 'ai'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'

import { callOf, openStream, streamAll } from './call.ts'
import { sumOf } from './generate-checks.ts'
import { onlyPart, type Part, partsOf, textOf } from './parts.ts'
import { readParts, within } from './read-parts.ts'
import { artifactBytes } from './scripted-gateway.ts'
import { say, scriptedUsage } from './scripted-agent.ts'
import type { Told } from './scripted-run.ts'
import { streamBreaches } from './stream-rules.ts'
import { endless, stand, wholeRun } from './whole-run.ts'

globalThis.AI_SDK_LOG_WARNINGS = false
vi.setConfig({ testTimeout: 70_000 })
const done: Told = ['run.completed', { stopReason: 'stop' }]
const read = (...told: Told[]): Promise<readonly Part[]> =>
  streamAll(stand([...told, done]).model, callOf('go'))

describe('events in an order that nobody foresaw', () => {
  it('keep every rule: taken from a whole run, mixed, left out and repeated', async () => {
    const some = fc.array(fc.constantFrom(...wholeRun), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(some, async (told) => {
        const reader = await openStream(stand([...told, done]).model, callOf('go'))
        const { parts, failure, ended } = await readParts(reader, { timeoutMs: 20_000 })
        expect([failure, ended]).toEqual([undefined, true])
        expect(streamBreaches(parts)).toEqual([])
      }),
      { numRuns: 150 },
    )
  }, 60_000)

  it('keep every rule as a whole answer too, which the AI SDK takes', async () => {
    const some = fc.array(fc.constantFrom(...wholeRun.slice(0, -1)), { maxLength: 25 })
    await fc.assert(
      fc.asyncProperty(some, async (told) => {
        const { model } = stand([...told, done])
        const { finishReason } = await within(generateText({ model, prompt: 'go' }), 20_000)
        expect(finishReason).toBe('stop')
      }),
      { numRuns: 60 },
    )
  }, 60_000)
})

describe('text', () => {
  it('of two messages stands in two blocks', async () => {
    const parts = await read(...say('One.', 'm1'), ...say('Two.', 'm2'))
    expect(sumOf(parts).map((part) => ('text' in part ? part.text : part.type))).toEqual(['One.', 'Two.'])
  })

  it('that a whole message repeats is not told twice', async () => {
    expect(
      textOf(await read(['assistant.delta', { delta: 'On' }], ['assistant.message', { text: 'Once.' }])),
    ).toBe('Once.')
  })

  it('that is replaced is whole at the end', async () => {
    const told: Told[] = [
      ['assistant.delta', { delta: 'The tide', itemId: 'm' }],
      ['assistant.delta', { delta: 'The sea is calm', itemId: 'm', replace: true }],
      ['assistant.delta', { delta: '.', itemId: 'm' }],
    ]
    expect(textOf(await read(...told))).toContain('The sea is calm.')
    const { content } = await within(stand([...told, done]).model.doGenerate(callOf('go')))
    expect(content).toMatchObject([{ type: 'text', text: 'The sea is calm.' }])
  })

  it('without a letter makes no part', async () => {
    const parts = await read(['assistant.delta', { delta: '' }], ['thinking.delta', { delta: '' }])
    expect(parts.map(({ type }) => type)).toEqual(['stream-start', 'response-metadata', 'finish'])
  })

  it('of any letters arrives as it was', async () => {
    const text = '🦀\u0000\u2028"</script>\ud83d'
    expect(textOf(await read(['assistant.delta', { delta: text, itemId: '__proto__' }]))).toBe(text)
  })

  it('of a run inside the run is not its own', async () => {
    const { model, gateway } = stand([...say('mine'), done])
    const usual = { ...gateway.agents }
    Object.assign(gateway.agents, {
      run: async (request: AgentRunRequest) => {
        const started = await usual.run(request)
        const events = started.events.bind(started)
        return Object.assign(started, {
          async *events() {
            for await (const event of events()) {
              yield { ...event, id: `${event.id}.child`, runId: 'a_child', parentRunId: event.runId }
              yield event
            }
          },
        })
      },
    })
    const parts = await streamAll(model, callOf('go'))
    expect(textOf(parts)).toBe('mine')
  })
})

describe('tools of the gateway', () => {
  const name = 'tide'

  it('are told once, whatever comes twice', async () => {
    const start: Told = ['tool.call.started', { toolCallId: 't', name, input: { a: 1 } }, 't']
    const end: Told = ['tool.call.completed', { toolCallId: 't', outcome: 'ok', output: 'x' }, 't']
    const parts = await read(start, start, end, end, start)
    expect(partsOf(parts, 'tool-call')).toHaveLength(1)
    expect(partsOf(parts, 'tool-result')).toHaveLength(1)
  })

  it('have JSON for an input, and something for a result, where the gateway tells none', async () => {
    const parts = await read(
      ['tool.call.started', { toolCallId: 't', name }, 't'],
      ['tool.call.completed', { toolCallId: 't', outcome: 'ok' }, 't'],
    )
    expect(JSON.parse(onlyPart(parts, 'tool-call').input)).toEqual({})
    expect(onlyPart(parts, 'tool-result').result).not.toBeNull()
  })

  it.for([
    [null],
    ['words'],
    [7],
    [false],
    [[1, null]],
    [{ __proto__: null, a: { b: [] } }],
    [JSON.parse('{"__proto__":{"polluted":true}}') as object],
  ])('keep what they are given and give: %j', async ([value]) => {
    const json = value as never
    const parts = await read(
      ['tool.call.started', { toolCallId: 't', name, input: json }, 't'],
      ['tool.call.completed', { toolCallId: 't', outcome: 'ok', output: json }, 't'],
    )
    if (value !== null) expect(JSON.parse(onlyPart(parts, 'tool-call').input)).toEqual(value)
    if (value !== null)
      expect(JSON.stringify(onlyPart(parts, 'tool-result').result)).toBe(JSON.stringify(value))
    expect(Object({}).polluted).toBeUndefined()
  })

  it('that fail are results with an error, which says why', async () => {
    for (const outcome of ['error', 'timed_out', 'blocked', 'denied'] as const) {
      const parts = await read(
        ['tool.call.started', { toolCallId: 't', name, input: {} }, 't'],
        [
          'tool.call.failed',
          { toolCallId: 't', outcome, error: { message: 'the gauge is dry', code: 'dry' } },
          't',
        ],
      )
      expect(onlyPart(parts, 'tool-result').isError).toBe(true)
      expect(JSON.stringify(onlyPart(parts, 'tool-result').result)).toContain('the gauge is dry')
    }
  })

  it('whose start was never told are told with their end, or not at all', async () => {
    const parts = await read([
      'tool.call.completed',
      { toolCallId: 't', name, outcome: 'ok', output: 1 },
      't',
    ])
    expect(partsOf(parts, 'tool-result').length).toBe(partsOf(parts, 'tool-call').length)
  })

  it('that the run leaves open do not keep it from ending', async () => {
    const parts = await read(['tool.call.started', { toolCallId: 't', name, input: {} }, 't'])
    expect(onlyPart(parts, 'tool-call').toolCallId).toBe('t')
  })

  it('tell what they have so far, as preliminary results', async () => {
    const parts = await read(
      ['tool.call.started', { toolCallId: 't', name, input: {} }, 't'],
      ['tool.call.delta', { toolCallId: 't', output: { percent: 50 } }, 't'],
      ['tool.call.completed', { toolCallId: 't', outcome: 'ok', output: { percent: 100 } }, 't'],
    )
    expect(partsOf(parts, 'tool-result')).toMatchObject([
      { preliminary: true, result: { percent: 50 } },
      { result: { percent: 100 } },
    ])
  })
})

describe('artifacts', () => {
  it('are files with their bytes, and sources where they are addresses', async () => {
    const parts = await read(
      ['artifact.created', { artifactId: 'chart', name: 'chart.png', mediaType: 'image/png', bytes: 4 }],
      ['artifact.created', { artifactId: 'page', name: 'A page', url: 'https://example.com/tide' }],
    )
    const file = onlyPart(parts, 'file')
    expect(file.mediaType).toBe('image/png')
    expect(file.data).toMatchObject({ type: 'data' })
    const data = file.data.type === 'data' ? file.data.data : ''
    expect(Buffer.from(typeof data === 'string' ? Buffer.from(data, 'base64') : data)).toEqual(
      Buffer.from(artifactBytes),
    )
    expect(onlyPart(parts, 'source')).toMatchObject({
      sourceType: 'url',
      url: 'https://example.com/tide',
      title: 'A page',
    })
  })

  it('are what generateText hands out', async () => {
    const { model } = stand(wholeRun)
    const { files, sources } = await within(generateText({ model, prompt: 'go' }))
    expect(files.map(({ mediaType, uint8Array }) => [mediaType, Buffer.from(uint8Array).toString()])).toEqual(
      [['image/png', 'crab']],
    )
    expect(sources).toMatchObject([{ url: 'https://example.com/tide' }])
  })

  it('that cannot be had do not end the answer', async () => {
    const parts = await read(
      ['artifact.created', { artifactId: 'gone', name: 'gone.png', mediaType: 'image/png', bytes: 4 }],
      ...say('All the same.'),
    )
    expect(textOf(parts)).toBe('All the same.')
    expect(partsOf(parts, 'file')).toEqual([])
    expect(onlyPart(parts, 'finish').finishReason.unified).toBe('stop')
  })

  it('that are too large are not loaded', async () => {
    const parts = await read([
      'artifact.created',
      { artifactId: 'huge', name: 'huge.bin', mediaType: 'application/octet-stream', bytes: 10_000_000_000 },
    ])
    expect(partsOf(parts, 'file')).toEqual([])
  })

  it.for([['javascript:alert(1)'], ['file:///etc/passwd'], ['no address'], ['']])(
    'whose address is none of the web’s are no sources: %s',
    async ([url]) => {
      const parts = await read(['artifact.created', { artifactId: 'page', name: 'A page', url: url ?? '' }])
      expect(partsOf(parts, 'source')).toEqual([])
    },
  )
})

describe('usage', () => {
  it('is the sum of the model calls where the gateway tells each', async () => {
    const { model } = stand([['usage.reported', scriptedUsage, 'a'], done])
    const { usage, providerMetadata } = await within(model.doGenerate(callOf('go')))
    expect(usage).toMatchObject({
      inputTokens: { total: 100, noCache: 50, cacheRead: 30, cacheWrite: 20 },
      outputTokens: { total: 40, text: 25, reasoning: 15 },
    })
    expect(providerMetadata).toMatchObject({ pincer: { costUsd: 0.25 } })
  })

  it('is unknown, not zero, where nothing was counted', async () => {
    const { usage } = await within(stand([done]).model.doGenerate(callOf('go')))
    expect([usage.inputTokens.total, usage.outputTokens.total]).toEqual([undefined, undefined])
  })

  it('that cannot be right breaks no rule', async () => {
    const odd = { ...scriptedUsage, cacheReadTokens: 500, reasoningTokens: 99 }
    const parts = await read(['usage.reported', odd, 'a'])
    expect(onlyPart(parts, 'finish').usage.inputTokens.total).toBeGreaterThanOrEqual(100)
  })
})

describe('a refusal of the gateway that comes as words only', () => {
  it.for(['blocked', 'denied'] as const)('is a filtered answer: %s', async (outcome) => {
    const error = {
      message: `the guard said no`,
      code: outcome === 'blocked' ? 'guard_blocked' : 'approval_denied',
    }
    const parts = await streamAll(
      stand([
        ['model.call.started', { provider: 'p', model: 'm' }, 'c'],
        ['model.call.failed', { outcome, error }, 'c'],
        ['run.failed', { error: { message: error.message } }],
      ]).model,
      callOf('go'),
    )
    expect(onlyPart(parts, 'finish').finishReason).toEqual({ unified: 'content-filter', raw: outcome })
  })

  it('of a model call before the one that failed is none', async () => {
    const { model } = stand([
      ['model.call.started', { provider: 'p', model: 'm' }, 'c'],
      ['model.call.failed', { outcome: 'blocked', error: { message: 'no' } }, 'c'],
      ['model.call.started', { provider: 'p', model: 'n' }, 'd'],
      ['model.call.failed', { outcome: 'error', error: { message: 'down', status: 500 } }, 'd'],
      ['run.failed', { error: { message: 'down', status: 500 } }],
    ])
    await expect(within(model.doGenerate(callOf('go')))).rejects.toBeInstanceOf(GatewayError)
  })
})

describe('questions that are no approvals', () => {
  it('do not end the stream', async () => {
    const { model } = stand(endless([['question.requested', { questionId: 'q', text: 'Which sea?' }]]))
    const abort = new AbortController()
    const reader = await openStream(model, callOf('go', { abortSignal: abort.signal }))
    await readParts(reader, { until: ({ type }) => type === 'response-metadata' })
    abort.abort()
    expect((await readParts(reader, { timeoutMs: 2_000 })).failure).toBeDefined()
  })
})
