import { type AnySpan, SpanType } from '@mastra/core/observability'
import { describe, expect, it } from 'vitest'

import { add, drain, of, only, watch, type Watched } from './exporter-fixture.ts'
import { hang } from './exporter-model.ts'

/** Starts a part of a trace of one's own, as Mastra's packages for retrieval and memory do. */
function startPart(watched: Watched, type: SpanType, options: object, parent?: AnySpan): AnySpan {
  const about = { type, name: String(type), ...options }
  if (parent !== undefined) return parent.createChildSpan(about as Parameters<AnySpan['createChildSpan']>[0])
  const instance = watched.mastra.observability.getDefaultInstance()
  if (instance === undefined) throw new Error('Mastra is not observed')
  return instance.startSpan(about as Parameters<typeof instance.startSpan>[0])
}

describe('what is no agent, model or tool', () => {
  it('an embedding is a model call with its usage, without the vectors', async () => {
    const watched = watch([])
    const ingestion = startPart(watched, SpanType.RAG_INGESTION, { input: ['a text'] })
    const attributes = { provider: 'openai.embedding', model: 'embed-1', mode: 'ingest', inputCount: 1 }
    const embedding = startPart(watched, SpanType.RAG_EMBEDDING, { attributes, input: ['a text'] }, ingestion)
    embedding.end({ output: { count: 1, dimensions: 3 }, attributes: { usage: { inputTokens: 4 } } as never })
    ingestion.end({ output: { chunks: 1 } })
    const events = await watched.recorded()
    const started = only(events, 'model.call.started')
    expect(started.runId).toBe(only(events, 'run.started').runId)
    expect(started.data).toMatchObject({ provider: 'openai', model: 'embed-1', operation: 'embedding' })
    expect(only(events, 'model.call.completed').data.output).toEqual({ count: 1, dimensions: 3 })
    expect(only(events, 'usage.reported').data).toMatchObject({
      inputTokens: 4,
      outputTokens: 0,
      totalTokens: 4,
    })
    expect(of(events, 'run.completed')).toHaveLength(1)
  })

  it.for([
    [SpanType.RAG_VECTOR_OPERATION, { operation: 'query', store: 'pg', indexName: 'docs' }, 'docs'],
    [SpanType.RAG_VECTOR_OPERATION, { operation: 'fetch', store: 'pg' }, 'pg'],
    [SpanType.MEMORY_OPERATION, { operationType: 'recall' }, 'memory'],
    [SpanType.RAG_ACTION, { action: 'rerank', scorer: 'cohere' }, 'cohere'],
    [SpanType.GRAPH_ACTION, { action: 'traverse' }, 'graph_action'],
    [SpanType.WORKSPACE_ACTION, { category: 'search' }, 'workspace_action'],
  ] as const)('%s %o is a retrieval', async ([type, attributes, name]) => {
    const watched = watch([])
    startPart(watched, type, { attributes, input: 'a question' }).end({ output: ['a document'] })
    const events = await watched.recorded()
    expect(only(events, 'retrieval.started').data).toMatchObject({ name, query: 'a question' })
    expect(only(events, 'retrieval.completed').data).toMatchObject({
      outcome: 'ok',
      documents: ['a document'],
    })
  })

  it.for([
    [SpanType.RAG_VECTOR_OPERATION, { operation: 'upsert' }],
    [SpanType.MEMORY_OPERATION, { operationType: 'save' }],
    [SpanType.PROCESSOR_RUN, {}],
    [SpanType.GENERIC, {}],
  ] as const)(
    '%s %o is nothing of its own, and what is in it stands under what is around it',
    async ([type, attributes]) => {
      const watched = watch([])
      const run = startPart(watched, SpanType.AGENT_RUN, { entityId: 'own' })
      const around = startPart(watched, type, { attributes }, run)
      startPart(watched, SpanType.TOOL_CALL, { entityId: 'inner' }, around).end({ output: 1 })
      around.end()
      run.end({ output: { text: 'done' } })
      const events = await watched.recorded()
      expect(only(events, 'tool.call.started').runId).toBe(only(events, 'run.started').runId)
      expect(only(events, 'tool.call.started').data.parentActionId).toBeUndefined()
    },
  )

  it('a retrieval that fails is failed', async () => {
    const watched = watch([])
    const attributes = { operation: 'query', indexName: 'docs' }
    startPart(watched, SpanType.RAG_VECTOR_OPERATION, { attributes }).error({
      error: new TypeError('no index'),
    })
    expect(only(await watched.recorded(), 'retrieval.failed').data.error).toMatchObject({
      name: 'TypeError',
      message: 'no index',
    })
  })

  it('tools of MCP servers and of providers are tool calls', async () => {
    const watched = watch([])
    const run = startPart(watched, SpanType.AGENT_RUN, { entityId: 'own' })
    for (const type of [SpanType.MCP_TOOL_CALL, SpanType.PROVIDER_TOOL_CALL])
      startPart(watched, type, { entityId: type, attributes: { toolCallId: type } }, run).end({ output: 1 })
    run.end()
    expect(of(await watched.recorded(), 'tool.call.completed').map(({ data }) => data.toolCallId)).toEqual([
      'mcp_tool_call',
      'provider_tool_call',
    ])
  })

  it('what Mastra used for itself, unseen, is counted where it tells it', async () => {
    const watched = watch([])
    const run = startPart(watched, SpanType.AGENT_RUN, { entityId: 'own' })
    const usage = { inputTokens: 7, outputTokens: 3 }
    run.end({ attributes: { internalUsage: usage } as never })
    const events = await watched.recorded()
    expect(only(events, 'usage.reported').data).toMatchObject({ provider: 'mastra', totalTokens: 10 })
    expect(only(events, 'model.call.started').runId).toBe(only(events, 'run.started').runId)
  })

  it('a generation of an agent that tells no requests is one where it tells usage', async () => {
    const watched = watch([])
    const run = startPart(watched, SpanType.AGENT_RUN, { entityId: 'own' })
    const attributes = { provider: 'anthropic', model: 'claude' }
    const generation = startPart(
      watched,
      SpanType.MODEL_GENERATION,
      { attributes, input: { messages: ['Hi'] } },
      run,
    )
    const usage = { inputTokens: 7, outputTokens: 3 }
    generation.end({ output: { text: 'Hello' }, attributes: { usage, finishReason: 'stop' } } as never)
    run.end({ output: { text: 'Hello' } })
    const events = await watched.recorded()
    expect(only(events, 'model.call.started').data).toMatchObject({
      provider: 'anthropic',
      model: 'claude',
      input: ['Hi'],
    })
    expect(only(events, 'model.call.completed').data.output).toBe('Hello')
    expect(only(events, 'usage.reported').data.totalTokens).toBe(10)
  })

  it('what comes after its run has ended stands under it by its ids', async () => {
    const watched = watch([])
    const run = startPart(watched, SpanType.AGENT_RUN, { entityId: 'own' })
    run.end()
    startPart(watched, SpanType.SCORER_RUN, { entityId: 'judge' }, run).end({ output: { score: 1 } })
    const [own, judge] = of(await watched.recorded(), 'run.started')
    expect(judge?.parentRunId).toBe(own?.runId)
  })
})

describe('bounds', () => {
  it('keeps no part that has ended for long', async () => {
    const { entryTableOf } = await import('../src/exporter-table.ts')
    const { claw, agent, exporter } = watch(['hello'], { tools: { add } })
    await drain(await agent.stream('Hi'))
    const later = new Date(Date.now() + 120_000)
    for (let index = 0; index < 100; index++) {
      const exportedSpan = { id: `part-${index}`, type: 'generic', traceId: 't', startTime: later }
      exporter.onTracingEvent({ type: 'span_started', exportedSpan } as never)
      exporter.onTracingEvent({
        type: 'span_ended',
        exportedSpan: { ...exportedSpan, endTime: later },
      } as never)
    }
    expect(entryTableOf(claw).size).toBe(100)
  })

  it('keeps a bounded number of parts that never end', async () => {
    const { entryTableOf } = await import('../src/exporter-table.ts')
    const { claw, exporter, faults } = watch([])
    for (let index = 0; index < 12_000; index++) {
      const exportedSpan = { id: `part-${index}`, type: 'generic', traceId: 't', startTime: new Date() }
      exporter.onTracingEvent({ type: 'span_started', exportedSpan } as never)
    }
    expect(entryTableOf(claw).size).toBe(10_000)
    expect(faults).toEqual([])
  })

  it('cancels the oldest of very many suspended runs', async () => {
    const { claw, exporter, recorded } = watch([])
    for (let index = 0; index < 1_001; index++) {
      const exportedSpan = {
        id: `run-${index}`,
        type: 'agent_run',
        traceId: 't',
        entityId: 'own',
        startTime: new Date(),
        metadata: { runId: `mastra-${index}` },
      }
      const output = { status: 'suspended', reason: 'tool-call-approval', toolName: 'pay', toolCallId: 'one' }
      exporter.onTracingEvent({ type: 'span_started', exportedSpan } as never)
      exporter.onTracingEvent({ type: 'span_ended', exportedSpan: { ...exportedSpan, output } } as never)
    }
    const events = await recorded()
    expect(only(events, 'run.cancelled').runId).toBe('mastra-0')
    expect(only(events, 'approval.resolved').data.status).toBe('cancelled')
    expect(claw.stats().open).toBe(1_000)
  })

  it('ends with the client what Mastra never ends', async () => {
    const { agent, claw, recorded } = watch([hang])
    const abort = new AbortController()
    const reading = agent.stream('Wait', { abortSignal: abort.signal }).then(drain)
    await new Promise((resolve) => setTimeout(resolve, 20))
    await claw.close({ timeoutMs: 1_000 })
    abort.abort()
    await reading.catch(() => undefined)
    const events = await recorded()
    expect(only(events, 'run.timed_out').data.reason).toBe('the client was closed')
  })
})
