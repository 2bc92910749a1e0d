import { expect, test } from 'vitest'
import { recorded } from './recorded.ts'

test('events carry a version, an id that sorts, a time and a position without holes', async () => {
  const { claw, clock, deliver } = recorded({ agentId: 'agent', sessionKey: 'session' })
  const one = claw.startRun({ runId: 'one' })
  const two = claw.startRun({ runId: 'two' })
  for (let index = 0; index < 50; index++) {
    one.message(String(index))
    if (index % 2 === 0) two.startToolCall({ name: 't' }).end()
    await clock.advance(1)
  }
  one.end()
  two.end()
  const gateway = await deliver()
  for (const [runId, count] of [
    ['one', 52],
    ['two', 52],
  ] as const)
    expect(gateway.ofRun(runId).map((event) => event.seq)).toEqual(
      Array.from({ length: count }, (_, index) => index + 1),
    )
  const ids = gateway.kept.map((event) => event.id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const event of gateway.kept)
    expect(event).toMatchObject({ version: 1, agentId: 'agent', sessionKey: 'session' })
  const byId = [...gateway.kept].sort((left, right) => (left.id < right.id ? -1 : 1)).map(({ ts }) => ts)
  expect(byId).toEqual([...byId].sort((left, right) => left - right))
})

test('ids of several clients never meet', async () => {
  const clients = Array.from({ length: 20 }, () => recorded())
  const ids = new Set<string>()
  for (const { claw, deliver } of clients) {
    const run = claw.startRun()
    for (let index = 0; index < 20; index++)
      ids.add(run.startModelCall({ provider: 'p', model: 'm' }).actionId)
    for (const { id } of (await deliver()).kept) ids.add(id)
    ids.add(run.runId)
  }
  expect(ids.size).toBe(20 * (20 + 21 + 1))
})

test('times are of the wall clock, durations are not', async () => {
  const { claw, clock, deliver } = recorded()
  const startedAt = clock.now()
  const run = claw.startRun()
  const tool = run.startToolCall({ name: 't' })
  clock.jump(-3_600_000)
  await clock.advance(120)
  tool.end()
  clock.jump(7_200_000)
  await clock.advance(30.04)
  run.end()
  const gateway = await deliver()
  expect(gateway.one('run.started').ts).toBe(startedAt)
  expect(gateway.one('tool.call.completed')).toMatchObject({
    ts: startedAt - 3_600_000 + 120,
    data: { durationMs: 120 },
  })
  expect(gateway.one('run.completed').data.durationMs).toBe(150)
})
