import { expect } from 'vitest'
import { type Story, story } from './story.ts'
import { readWholeRun, writtenText } from './whole-run.ts'

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
]
