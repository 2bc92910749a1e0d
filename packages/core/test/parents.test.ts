import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { asyncContext } from '../src/async-context.ts'
import type { ContextCarrier, Parent } from '../src/index.ts'
import { recorded } from './recorded.ts'

const call = { provider: 'p', model: 'm' }

describe('an explicit parent', () => {
  test('links actions to actions and runs to runs', async () => {
    const { claw, deliver } = recorded({ context: false })
    const run = claw.startRun({ runId: 'outer', sessionKey: 's', agentId: 'a' })
    const tool = claw.startToolCall({ name: 'delegate', parent: run })
    const inner = claw.startRun({ runId: 'inner', parent: tool })
    const model = claw.startModelCall({ ...call, parent: inner })
    const retrieval = claw.startRetrieval({ name: 'index', parent: model })
    expect([tool.run, inner.runId, model.run, retrieval.run]).toEqual([run, 'inner', inner, inner])
    expect([tool.runId, model.runId]).toEqual(['outer', 'inner'])
    const gateway = await deliver()
    expect(gateway.one('tool.call.started')).toMatchObject({ runId: 'outer', sessionKey: 's', agentId: 'a' })
    expect(gateway.one('tool.call.started').data.parentActionId).toBeUndefined()
    expect(gateway.of('run.started')[1]).toMatchObject({
      runId: 'inner',
      parentRunId: 'outer',
      sessionKey: 's',
      agentId: 'a',
      data: { parentActionId: tool.actionId },
    })
    expect(gateway.one('model.call.started')).toMatchObject({ runId: 'inner', parentRunId: 'outer' })
    expect(gateway.one('retrieval.started').data.parentActionId).toBe(model.actionId)
  })

  test('wins over what runs now', async () => {
    const { claw } = recorded()
    const other = claw.startRun({ runId: 'other' })
    claw.startRun({ runId: 'now' }).within(() => {
      expect(claw.startToolCall({ name: 't', parent: other }).runId).toBe('other')
      expect(claw.startModelCall({ ...call, parent: other }).runId).toBe('other')
      expect(claw.startRetrieval({ name: 'r', parent: other }).runId).toBe('other')
      expect(other.startToolCall({ name: 't' }).runId).toBe('other')
    })
  })

  test('may be a run of another process', async () => {
    const { claw, deliver } = recorded()
    claw.startRun({ runId: 'now' }).within(() => {
      claw.startRun({ runId: 'far', parentRunId: 'elsewhere', sessionKey: 'k' })
    })
    expect((await deliver()).ofRun('far')[0]).toMatchObject({ parentRunId: 'elsewhere', sessionKey: 'k' })
  })

  test('gives way to ids of one own', async () => {
    const { claw, deliver } = recorded({ sessionKey: 'client', agentId: 'client' })
    const run = claw.startRun({ runId: 'r' })
    run.startRun({ runId: 'c', sessionKey: 'own', agentId: 'own' })
    const model = run.startModelCall({ ...call, actionId: 'mine' })
    expect([run.sessionKey, model.actionId]).toEqual(['client', 'mine'])
    const gateway = await deliver()
    expect(gateway.ofRun('r')[0]).toMatchObject({ sessionKey: 'client', agentId: 'client' })
    expect(gateway.ofRun('c')[0]).toMatchObject({ sessionKey: 'own', agentId: 'own', parentRunId: 'r' })
  })
})

describe('what runs now', () => {
  test('is the parent across awaits and timers, nested and in parallel', async () => {
    const { claw } = recorded()
    const work = async (name: string): Promise<string[]> =>
      claw.run({ runId: name }, async (run) => {
        await delay(1)
        const seen = [claw.startModelCall(call).runId]
        await claw.run({ runId: `${name}/child` }, async (child) => {
          await new Promise((resolve) => setTimeout(resolve, 1))
          expect(claw.current()).toBe(child)
          seen.push(claw.startToolCall({ name: 't' }).runId)
        })
        await new Promise<void>((resolve) => {
          setImmediate(() => {
            expect(claw.current()).toBe(run)
            resolve()
          })
        })
        seen.push(claw.startRetrieval({ name: 'i' }).runId)
        return seen
      })
    const names = Array.from({ length: 20 }, (_, index) => `run ${index}`)
    await expect(Promise.all(names.map(work))).resolves.toEqual(
      names.map((name) => [name, `${name}/child`, name]),
    )
    expect(claw.current()).toBeUndefined()
  })

  test('may be an action', async () => {
    const { claw, deliver } = recorded()
    const tool = claw.startToolCall({ name: 'delegate' })
    await tool.within(async () => {
      await delay(1)
      expect(claw.current()).toBe(tool)
      claw.startRun({ runId: 'inner' })
      claw.startModelCall(call)
    })
    const gateway = await deliver()
    expect(gateway.ofRun('inner')[0]).toMatchObject({
      parentRunId: tool.runId,
      data: { parentActionId: tool.actionId },
    })
    expect(gateway.one('model.call.started')).toMatchObject({
      runId: tool.runId,
      data: { parentActionId: tool.actionId },
    })
  })

  test('is given back, and what throws is thrown', () => {
    const { claw } = recorded()
    const run = claw.startRun()
    expect(run.within(() => 7)).toBe(7)
    expect(() =>
      run.within(() => {
        throw new Error('host')
      }),
    ).toThrow('host')
  })

  test('belongs to one client', () => {
    const one = recorded().claw
    const two = recorded().claw
    one.startRun().within(() => expect(two.current()).toBeUndefined())
  })

  test('is nothing with `context: false`, and parents are given by hand', async () => {
    const { claw } = recorded({ context: false })
    await claw.run({ runId: 'r' }, (run) => {
      expect(claw.current()).toBeUndefined()
      expect(claw.startToolCall({ name: 't' }).runId).not.toBe('r')
      expect(run.startToolCall({ name: 't' }).runId).toBe('r')
    })
  })

  test('can be carried by something else', () => {
    let now: Parent | undefined
    const context: ContextCarrier = {
      current: () => now,
      run: (parent, work) => {
        const before = now
        now = parent
        try {
          return work()
        } finally {
          now = before
        }
      },
    }
    for (const carrier of [context, asyncContext()]) {
      const { claw } = recorded({ context: carrier })
      claw.startRun({ runId: 'r' }).within(() => expect(claw.startToolCall({ name: 't' }).runId).toBe('r'))
    }
  })
})
