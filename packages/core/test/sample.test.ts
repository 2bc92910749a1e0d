import { describe, expect, test } from 'vitest'
import { recorded } from './recorded.ts'

const call = { provider: 'p', model: 'm' }

describe('sampling', () => {
  test('is decided once for each root, and what is below follows', async () => {
    const draws = [0.1, 0.9, 0.2]
    const { claw, deliver } = recorded({ sample: 0.5, random: () => draws.shift() ?? 1 })
    const roots = ['in', 'out', 'in too'].map((runId) => claw.startRun({ runId }))
    for (const root of roots) {
      root.within(() => {
        const tool = claw.startToolCall({ name: 't' })
        tool
          .startRun({ runId: `${root.runId} child` })
          .startModelCall(call)
          .delta('x '.repeat(5_000))
        claw.startRetrieval({ name: 'i' }).fail(new Error('x'))
        root.message('m')
        root.pause({ approvalId: root.runId, name: 'x' })
        root.resume({ approvalId: root.runId, status: 'approved' })
      })
      root.end()
    }
    const gateway = await deliver()
    expect(roots.map(({ recorded }) => recorded)).toEqual([true, false, true])
    expect(new Set(gateway.kept.map(({ runId }) => runId))).toEqual(
      new Set(['in', 'in child', 'in too', 'in too child']),
    )
    expect(draws).toEqual([])
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  test('counts an action without a run as a root of its own', async () => {
    const draws = [0.9, 0.1]
    const { claw, deliver } = recorded({ sample: 0.5, random: () => draws.shift() ?? 1 })
    claw.startModelCall({ ...call, model: 'out' }).end()
    claw.startModelCall({ ...call, model: 'in' }).end()
    expect((await deliver()).one('model.call.started').data.model).toBe('in')
  })

  test.each([
    [0, 0],
    [1, 5],
  ])('of %s records %s of 5', async (sample, count) => {
    const { claw, deliver } = recorded({ sample })
    for (let index = 0; index < 5; index++) claw.startRun()
    expect((await deliver()).kept).toHaveLength(count)
  })

  test('may be a function of name and session', async () => {
    const seen: unknown[] = []
    const { claw, deliver } = recorded({
      sample: ({ name, sessionKey }) => {
        seen.push([name, sessionKey])
        return name === 'keep'
      },
    })
    claw.startRun({ name: 'keep', sessionKey: 's' }).startRun({ name: 'child' })
    claw.startRun({ name: 'leave' })
    expect((await deliver()).kept).toHaveLength(2)
    expect(seen).toEqual([
      ['keep', 's'],
      ['leave', undefined],
    ])
  })

  test('by a function that throws records, and tells onError', async () => {
    const { claw, errors, deliver } = recorded({
      sample: () => {
        throw new Error('sampler')
      },
    })
    claw.startRun()
    expect((await deliver()).kept).toHaveLength(1)
    expect(errors).toEqual([[new Error('sampler'), 'sample']])
  })
})
