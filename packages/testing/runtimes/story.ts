import { type Claw, type ContextCarrier, createClient, type OutboxStore } from '@pincer/core'
import type { ClawEvent } from '@pincer/protocol'
import { storyGateway } from './story-gateway.ts'

/** What a runtime brings to the story. */
export interface StoryOptions {
  /** Where the teller's part of the gateway stands. */
  readonly url: string
  /** True where parents are found by themselves. */
  readonly findsParents: boolean
  readonly context?: ContextCarrier
  /** Opens the durable outbox, where the runtime has one; `undefined` elsewhere. */
  readonly openStore?: () => OutboxStore
}

/** One thing that must hold, and why it does not, where it does not. */
export interface StoryCheck {
  readonly name: string
  readonly error?: string
}

const secret = `sk-proj-${'Secret123_'.repeat(6)}`

/** Tells the whole story of core on the runtime it runs in: records, redacts, retries, asks, closes. */
export async function tellStory(options: StoryOptions): Promise<StoryCheck[]> {
  const checks: StoryCheck[] = []
  const chapter = async (name: string, work: () => Promise<void> | void): Promise<void> => {
    try {
      await work()
      checks.push({ name })
    } catch (error) {
      checks.push({ name, error: error instanceof Error ? error.message : String(error) })
    }
  }
  const gateway = storyGateway(options.url)
  const errors: string[] = []
  const claw = createClient({
    gateway,
    agentId: 'teller',
    guard: { mode: 'enforce' },
    outbox: { baseMs: 20 },
    ...(options.context === undefined ? {} : { context: options.context }),
    onError: (error, where) => errors.push(`${where}: ${String(error)}`),
  })
  const kept = async (): Promise<ClawEvent[]> =>
    (await (await fetch(`${options.url}/events`)).json()) as ClawEvent[]

  await chapter('records a run with its model and tool calls, by explicit parents', () => recordRun(claw))
  await chapter('keeps and delivers through a failing gateway', async () => {
    const flushed = await claw.flush()
    expect(flushed.drained, 'drained')
    const { delivered, queued, dropped, rejected, retried } = claw.stats()
    const events = await kept()
    equal([queued, dropped, rejected, delivered], [0, 0, 0, events.length], 'counts')
    expect(retried > 0, 'it was sent again')
    equal(errors.length, 1, `errors (${errors.join('; ')})`)
  })
  await chapter('delivers every event once, in order, without holes', async () => {
    const events = await kept()
    equal(
      events.map(({ type }) => type),
      [
        'run.started',
        'model.call.started',
        'assistant.delta',
        'usage.reported',
        'model.call.completed',
        'tool.call.started',
        'run.started',
        'retrieval.started',
        'retrieval.failed',
        'run.completed',
        'tool.call.completed',
        'run.completed',
      ],
      'types',
    )
    equal(
      events.filter(({ runId }) => runId === 'outer').map(({ seq }) => seq),
      [1, 2, 3, 4, 5, 6, 7, 8],
      'positions',
    )
    equal(events.find(({ runId }) => runId === 'inner')?.parentRunId, 'outer', 'parent run')
    const tool = events.find(({ type }) => type === 'tool.call.started')
    const inner = events.find(({ runId }) => runId === 'inner')
    equal(inner?.type === 'run.started' && inner.data.parentActionId, tool?.actionId, 'parent action')
  })
  await chapter('lets no secret leave the process', async () => {
    const { wire } = (await (await fetch(`${options.url}/wire`)).json()) as { wire: string }
    expect(wire.includes('[redacted]'), 'something was redacted')
    expect(!wire.includes('Secret123'), 'no part of the secret')
    expect(!wire.includes('hunter2'), 'no password')
  })
  await chapter('asks the guard, waits for a person, and uses the answer once', () =>
    askGuard(claw, options.url),
  )
  await chapter('finds parents by itself, or says that it cannot', () =>
    findParents(claw, options.findsParents),
  )
  await chapter('closes, and counts what comes too late', async () => {
    await claw.close()
    claw.startRun().end()
    const { open, queued, dropped } = claw.stats()
    equal([open, queued, dropped], [0, 0, 2], 'counts')
  })
  if (options.openStore !== undefined) {
    const { openStore } = options
    await chapter('keeps events in a file until the next client delivers them', () =>
      outlive(openStore, options.url),
    )
  }
  return checks
}

function recordRun(claw: Claw): void {
  const run = claw.startRun({
    runId: 'outer',
    name: 'story',
    input: { text: `use ${secret}`, password: 'hunter2' },
  })
  const call = run.startModelCall({
    provider: 'p',
    model: 'm',
    input: [{ role: 'user', content: 'hi' }],
    stream: true,
  })
  for (const piece of [
    'the key is ',
    'sk-proj-',
    'Secret123_'.repeat(3),
    'Secret123_',
    ' and ',
    'that is it',
  ])
    call.delta(piece)
  call.end({
    output: new Map([['text', 'done']]),
    usage: {
      provider: 'p',
      model: 'm',
      inputTokens: 3,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: 4,
      reasoningTokens: 0,
      totalTokens: 7,
    },
  })
  const tool = claw.startToolCall({
    name: 'delegate',
    input: { bytes: new Uint8Array(3), at: new Date(0) },
    parent: run,
  })
  const inner = claw.startRun({ runId: 'inner', parent: tool })
  inner.startRetrieval({ name: 'index', query: 'q' }).fail(new RangeError(`refused ${secret}`))
  inner.end()
  tool.end({ output: 1n })
  run.end({ output: 'done' })
  run.end()
  equal(claw.stats().lateEnds, 1, 'late ends')
}

async function askGuard(claw: Claw, url: string): Promise<void> {
  const run = claw.startRun({ runId: 'asking' })
  const tool = run.startToolCall({
    toolCallId: 'call_1',
    name: 'deploy',
    input: { to: 'prod', password: 'hunter2' },
  })
  const [first, second] = await Promise.all([tool.authorize(), tool.authorize()])
  equal(
    [first.decision, first.approvalId, second.approvalId],
    ['require_approval', 'approval-1', 'approval-1'],
    'permission',
  )
  tool.end()
  const { waits } = (await (await fetch(`${url}/wire`)).json()) as { waits: number }
  equal(waits, 3, 'waits: one that failed, one that was still pending, one that was answered')
  const abort = new AbortController()
  abort.abort(new Error('left'))
  const refused = await claw
    .guard({ kind: 'tool_call', name: 'x' }, { signal: abort.signal })
    .catch((error: unknown) => String(error))
  equal(refused, 'Error: left', 'an abort')
  run.end()
  expect((await claw.flush()).drained, 'drained')
}

async function findParents(claw: Claw, isAble: boolean): Promise<void> {
  await claw.run({ runId: 'now' }, async () => {
    await new Promise((resolve) => setTimeout(resolve, 5))
    const tool = claw.startToolCall({ name: 'somewhere below' })
    equal(tool.runId === 'now', isAble, 'found the run')
    tool.end()
  })
  equal(claw.current(), undefined, 'nothing runs now')
}

async function outlive(openStore: () => OutboxStore, url: string): Promise<void> {
  const down = {
    name: 'down',
    close: () => Promise.resolve(),
    events: { append: () => Promise.reject(new Error('down')) },
  }
  const first = createClient({ gateway: down, outbox: { store: openStore() } })
  first.startRun({ runId: 'outlived' }).end()
  await first.close({ timeoutMs: 50 })
  equal([first.stats().queued, first.stats().dropped], [2, 0], 'left in the file')
  const next = createClient({ gateway: storyGateway(url), outbox: { store: openStore() } })
  await next.close()
  equal([next.stats().delivered, next.stats().queued], [2, 0], 'delivered by the next')
}

function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not so: ${what}`)
}

function equal(found: unknown, expected: unknown, what: string): void {
  const [left, right] = [JSON.stringify(found), JSON.stringify(expected)]
  if (left !== right) throw new Error(`${what}: expected ${right}, found ${left}`)
}
