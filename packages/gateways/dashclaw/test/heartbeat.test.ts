import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { makeClaw, until } from './make-claw.ts'
import { startServer } from './recording-server.ts'

describe('heartbeats', () => {
  test('begin at once, come again, and end', async () => {
    await using server = await startServer(() => ({ body: { status: 'ok' } }))
    const claw = makeClaw(server.url, { agentName: 'Tester' })
    claw.startHeartbeat({ interval: 10, status: 'busy', currentTaskId: 'task_1', metadata: { load: 1 } })
    claw.startHeartbeat({ interval: 1 })
    await until(() => server.requests.length === 1)
    await until(() => server.requests.length >= 3)
    claw.stopHeartbeat()
    claw.stopHeartbeat()
    const count = server.requests.length
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(server.requests.length - count).toBeLessThanOrEqual(1)
    expect(server.requests[0]?.body).toEqual({
      agent_id: 'test-agent',
      agent_name: 'Tester',
      status: 'busy',
      current_task_id: 'task_1',
      metadata: { load: 1 },
    })
  })

  test('that fail are missed silently, and tried again', async () => {
    await using server = await startServer(() => ({ status: 500, body: { error: 'broken' } }))
    const claw = makeClaw(server.url)
    claw.startHeartbeat({ intervalMs: 5 })
    await until(() => server.requests.length >= 3)
    await claw.close()
  })

  test('do not pile up on a server that does not answer', async () => {
    await using server = await startServer(() => undefined)
    const claw = makeClaw(server.url)
    claw.startHeartbeat({ intervalMs: 2 })
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(server.requests).toHaveLength(1)
    claw.stopHeartbeat()
  })

  test('keep no process', async () => {
    await using server = await startServer(() => ({ body: { status: 'ok' } }))
    const story = fileURLToPath(new URL('heartbeat-story.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=@pincer/source', '--disable-warning=ExperimentalWarning', story, server.url],
      { timeout: 10_000 },
    )
    expect(stdout).toBe('started\n')
    expect(server.requests).toHaveLength(1)
  }, 15_000)

  test('an interval that is none is refused', () => {
    expect(() => makeClaw('http://localhost:1').startHeartbeat({ interval: 0 })).toThrow(
      'startHeartbeat: intervalMs: expected milliseconds of 1 or more',
    )
  })
})
