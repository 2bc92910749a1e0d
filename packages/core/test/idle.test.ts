import { describe, expect, test } from 'vitest'
import { recorded } from './recorded.ts'

const minute = 60_000
const call = { provider: 'p', model: 'm' }

describe('what nobody ends', () => {
  test('is closed by time: an action as abandoned, its own run as timed out', async () => {
    const { claw, clock, deliver } = recorded()
    claw.startModelCall(call)
    await clock.advance(9 * minute)
    expect(claw.stats().open).toBe(2)
    await clock.advance(4 * minute)
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    const gateway = await deliver()
    expect(gateway.one('model.call.completed').data).toMatchObject({
      outcome: 'abandoned',
      reason: 'nothing happened for 600000 ms',
    })
    expect(gateway.one('run.timed_out').data.reason).toBe('nothing happened for 600000 ms')
  })

  test('is closed leaf by leaf', async () => {
    const { claw, clock, deliver } = recorded({ idleTimeoutMs: minute })
    const run = claw.startRun({ runId: 'r' })
    run.startToolCall({ name: 't' }).startRetrieval({ name: 'i' })
    await clock.advance(5 * minute)
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    expect((await deliver()).types.slice(3)).toEqual([
      'retrieval.completed',
      'tool.call.completed',
      'run.timed_out',
    ])
  })

  test('is not closed while it shows life', async () => {
    const { claw, clock } = recorded({ idleTimeoutMs: minute })
    const run = claw.startRun()
    const model = run.startModelCall(call)
    const tool = run.startToolCall({ name: 't' })
    for (let index = 0; index < 10; index++) {
      await clock.advance(minute / 2)
      if (index % 2 === 0) model.delta('x')
      else model.touch()
      tool.delta('x')
    }
    model.end()
    tool.end()
    await clock.advance(minute / 2)
    run.message('still here')
    await clock.advance(minute * 0.8)
    expect(claw.stats()).toMatchObject({ open: 1, lateEnds: 0 })
  })

  test('is a stream that nobody read, which is told apart', async () => {
    const { claw, clock, deliver } = recorded({ idleTimeoutMs: minute })
    const unread = claw.startModelCall({ ...call, stream: true })
    unread.onAbandon(() => ({ output: 'what came', finishReason: 'stop' }))
    unread.awaitReader()
    const dropped = claw.startModelCall({ ...call, stream: true })
    dropped.awaitReader()
    dropped.delta('half')
    await clock.advance(2 * minute)
    const gateway = await deliver()
    const ends = gateway.of('model.call.completed')
    expect(ends.find(({ actionId }) => actionId === unread.actionId)?.data).toMatchObject({
      outcome: 'unread',
      output: 'what came',
      finishReason: 'stop',
    })
    expect(ends.find(({ actionId }) => actionId === dropped.actionId)?.data.outcome).toBe('abandoned')
    expect(gateway.one('assistant.delta').data.delta).toBe('half')
    expect(gateway.of('run.timed_out')).toHaveLength(2)
  })

  test('that ends after all is late', async () => {
    const { claw, clock } = recorded({ idleTimeoutMs: minute })
    const model = claw.startModelCall(call)
    await clock.advance(2 * minute)
    model.end()
    expect(claw.stats().lateEnds).toBe(1)
  })
})

describe('what waits for a person', () => {
  test('does not idle out, nor does what is open above and under it', async () => {
    const { claw, clock, deliver } = recorded({ idleTimeoutMs: minute })
    const above = claw.startRun({ runId: 'above' })
    const run = above.startRun({ runId: 'waiting' })
    const tool = run.startToolCall({ name: 'deploy' })
    run.pause({ approvalId: 'a', name: 'deploy' })
    await clock.advance(60 * minute)
    expect(claw.stats().open).toBe(3)
    run.resume({ approvalId: 'a', status: 'approved' })
    // The wait was no idling: time counts from the answer.
    await clock.advance(minute * 0.9)
    expect([tool.ended, run.ended, above.ended]).toEqual([false, false, false])
    tool.end()
    run.end()
    above.end()
    const gateway = await deliver()
    expect(gateway.one('tool.call.completed').data.outcome).toBe('ok')
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  test('waits until the last of several answers', async () => {
    const { claw, clock } = recorded({ idleTimeoutMs: minute })
    const run = claw.startRun()
    run.pause({ approvalId: 'a', name: 'x' })
    run.pause({ approvalId: 'b', name: 'y' })
    run.resume({ approvalId: 'a', status: 'approved' })
    await clock.advance(10 * minute)
    expect(run.ended).toBe(false)
    run.resume({ approvalId: 'b', status: 'denied' })
    await clock.advance(10 * minute)
    expect(run.ended).toBe(true)
  })
})

describe('more than may be open', () => {
  test('closes the oldest action, and not the run it belongs to', async () => {
    const { claw, deliver } = recorded({ maxOpen: 3 })
    const run = claw.startRun({ runId: 'r' })
    const calls = Array.from({ length: 5 }, () => run.startModelCall(call))
    expect(calls.map(({ ended }) => ended)).toEqual([true, true, true, false, false])
    expect(run.ended).toBe(false)
    expect(claw.stats()).toMatchObject({ open: 3, lateEnds: 0 })
    const gateway = await deliver()
    expect(gateway.of('model.call.completed')[0]?.data).toMatchObject({
      outcome: 'abandoned',
      reason: 'more than 3 runs and actions were open',
    })
  })

  test('never closes what is being started, nor what it is started under', async () => {
    const { claw, deliver } = recorded({ maxOpen: 1 })
    const tool = claw.startToolCall({ name: 'outer' })
    const child = tool.startRun().startModelCall(call)
    expect([tool.ended, child.ended]).toEqual([false, false])
    child.end()
    tool.end()
    const gateway = await deliver()
    expect(gateway.one('model.call.completed').data.outcome).toBe('ok')
    expect(gateway.one('tool.call.completed').data.outcome).toBe('ok')
  })

  test('spares what waits for a person', () => {
    const { claw } = recorded({ maxOpen: 2 })
    const waiting = claw.startRun()
    waiting.pause({ approvalId: 'a', name: 'x' })
    const idle = claw.startRun()
    claw.startRun()
    expect([waiting.ended, idle.ended]).toEqual([false, true])
  })
})
