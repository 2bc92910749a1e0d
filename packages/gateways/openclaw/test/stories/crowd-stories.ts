import { expect } from 'vitest'
import { type Story, story } from './story.ts'
import { countTypes, onlyOne, readWholeRun, writtenText } from './whole-run.ts'

/** Many runs at once, and many who look on. */
export const crowdStories: readonly Story[] = [
  story('twenty-runs', async (oc) => {
    const numbers = Array.from({ length: 20 }, (_, index) => index)
    const runs = await Promise.all(
      numbers.map((number) =>
        oc.runs.create({
          input: `Say number ${number}`,
          agentId: 'main',
          sessionKey: `agent:main:twenty-runs-${number}`,
        }),
      ),
    )
    expect(new Set(runs.map((run) => run.id)).size).toBe(20)
    const results = await Promise.all(runs.map((run) => run.wait({ timeoutMs: 120_000 })))
    expect(results.map((result) => result.text)).toEqual(numbers.map((number) => `number ${number}`))
    expect(results.every((result) => result.status === 'completed' && result.usage !== undefined)).toBe(true)
    const events = await Promise.all(runs.map((run) => readWholeRun(run)))
    expect(events.map((found) => writtenText(found).join(''))).toEqual(
      numbers.map((number) => `number ${number}`),
    )
  }),

  story('two-observers', async (oc, { open }) => {
    const observer = await open({ scopes: ['operator.read'] })
    const raw: string[] = []
    const ended = Promise.withResolvers<void>()
    void (async () => {
      for await (const event of observer.rawEvents()) {
        const payload = event.payload as { readonly sessionKey?: string; readonly state?: string } | undefined
        if (payload?.sessionKey !== 'agent:main:two-observers') continue
        raw.push(event.event)
        if (event.event === 'chat' && payload.state === 'final') ended.resolve()
      }
    })()
    const run = await oc.runs.create({
      input: '[[tool:ls {"path":"."}]]',
      agentId: 'main',
      sessionKey: 'agent:main:two-observers',
    })
    const [own, again] = await Promise.all([readWholeRun(run), readWholeRun(run)])
    expect(again).toEqual(own)
    await ended.promise
    expect(raw).toContain('agent')
    // Whoever did not start the run is told how it ended, and waits for it all the same.
    const seen = await observer.runs.get(run.id, { sessionKey: 'agent:main:two-observers' })
    const types = (await readWholeRun(seen)).map((event) => event.type)
    expect(types.at(-1)).toBe('run.completed')
  }),

  story('run-again', async (oc, { open }) => {
    const sessionKey = 'agent:main:run-again'
    const run = await oc.runs.create({ input: 'Say once more', agentId: 'main', sessionKey })
    const events = await readWholeRun(run)
    const own = await oc.runs.find(run.id)
    expect(own).not.toHaveProperty('isPartial')
    if (own !== undefined) expect(await readWholeRun(own)).toEqual(events)
    // Another client has the Gateway's record, without a word about the session.
    const other = await open()
    const again = await other.runs.find(run.id)
    expect(again).toMatchObject({ id: run.id, isPartial: true })
    if (again === undefined) return
    expect(writtenText(await readWholeRun(again))).toEqual(['once more'])
    const { text, usage } = await run.wait()
    expect(await again.wait()).toMatchObject({ status: 'completed', sessionKey, text, usage })
    expect(await other.runs.find('run-of-nobody', { sessionKey })).toBeUndefined()
  }),

  story('approved-from-afar', async (oc, { open }) => {
    await open({ reviewer: true })
    const sessionKey = 'agent:main:approved-from-afar'
    const run = await oc.runs.create({
      input: '[[tool:exec {"command":"echo from afar"}]]',
      agentId: 'main',
      sessionKey,
    })
    let approvalId = ''
    for await (const event of run.events()) {
      if (event.type !== 'approval.requested') continue
      approvalId = event.data.approvalId
      break
    }
    // Takes the run up in the middle of the question, as another process would that was sent the answer.
    const other = await open()
    const again = await other.runs.find(run.id, { sessionKey })
    expect(again).toMatchObject({ id: run.id, sessionKey, isPartial: true })
    if (again === undefined) return
    const reading = readWholeRun(again)
    await other.approvals.respond(approvalId, { decision: 'approve' })
    const events = await reading
    const { toolCallId } = onlyOne(events, 'tool.call.completed')
    expect(onlyOne(events, 'tool.call.started')).toMatchObject({ toolCallId, name: 'exec' })
    expect(countTypes(events)).not.toHaveProperty('approval.requested')
    expect(events.at(-1)?.type).toBe('run.completed')
    expect(writtenText(await readWholeRun(run))).toEqual(writtenText(events))
  }),
]
