import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ClawEvent } from '@pincer/protocol'
import { collectEvents, eventually } from '@pincer/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createService, type LocalService } from '../src/service.ts'
import { type FakeAnswer, type FakeModel, startFakeModel } from './fake-model.ts'

const fixture = fileURLToPath(new URL('./fixtures/agent-gateway.ts', import.meta.url))
let folder: string
let closers: (() => Promise<void> | void)[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pincer-restart-'))
})

afterEach(async () => {
  for (const close of closers.toReversed()) await close()
  closers = []
  await rm(folder, { recursive: true })
})

async function startProcess(
  model: FakeModel,
): Promise<{ child: ChildProcess; url: string; databasePath: string }> {
  const databasePath = join(folder, 'record.sqlite')
  const child = spawn(
    process.execPath,
    ['--conditions=@pincer/source', fixture, databasePath, model.baseUrl],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  closers.push(() => void child.kill('SIGKILL'))
  const url = await new Promise<string>((resolve) =>
    child.stdout.once('data', (line) => resolve(String(line).trim())),
  )
  return { child, url, databasePath }
}

async function startRun(url: string): Promise<string> {
  const response = await fetch(`${url}/v1/agents/main/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ input: 'go', sessionKey: 's' }),
  })
  return ((await response.json()) as { runId: string }).runId
}

async function readEvents(url: string, runId: string): Promise<ClawEvent[]> {
  const response = await fetch(`${url}/v1/runs/${runId}/events?limit=1000`)
  return ((await response.json()) as { items: ClawEvent[] }).items
}

async function killHard(child: ChildProcess): Promise<void> {
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await exit
}

async function openAgain(databasePath: string, model: FakeModel): Promise<LocalService> {
  const service = await createService({ databasePath, model: { baseUrl: model.baseUrl, name: 'fake-1' } })
  closers.push(() => service.close())
  return service
}

const toolCall = (name: string): FakeAnswer => ({ toolCalls: [{ id: 'c1', name, arguments: '{}' }] })

describe('a gateway that was killed', () => {
  it.each([
    ['a model call', { text: 'Once', hang: true }, 'assistant.delta', 'model.call.failed'],
    ['a tool call', toolCall('slow'), 'guard.decided', 'tool.call.failed'],
    ['an approval', toolCall('files_delete'), 'approval.requested', 'tool.call.failed'],
  ])(
    'in the middle of %s leaves a run that the next start closes',
    async (_, answer: FakeAnswer, reached, closing) => {
      const model = await startFakeModel([answer, { text: 'back again' }])
      closers.push(() => model.close())
      const { child, url, databasePath } = await startProcess(model)
      const runId = await startRun(url)
      const before = await eventually(async () => {
        const events = await readEvents(url, runId)
        return events.some(({ type }) => type === reached) ? events : undefined
      })
      await killHard(child)

      const service = await openAgain(databasePath, model)
      const run = await service.agents.get(runId)
      expect(await run?.wait()).toMatchObject({
        status: 'failed',
        sessionKey: 's',
        error: { code: 'gateway_restarted' },
      })
      const { items } = await service.runs.events(runId, { limit: 1000 })
      expect(items.slice(0, before.length)).toEqual(before)
      expect(items.map(({ seq }) => seq)).toEqual(items.map((_, index) => index + 1))
      expect(items.slice(-2).map(({ type }) => type)).toEqual([closing, 'run.failed'])
      expect((await service.runs.get(runId))?.status).toBe('failed')
      expect(await service.approvals.list({ status: 'pending' })).toEqual([])
      // The session is free, and remembers.
      const next = await service.agents.run({ agentId: 'main', input: 'still there?', sessionKey: 's' })
      expect(await next.wait()).toMatchObject({ status: 'completed', text: 'back again' })
      expect(model.requests.at(-1)?.messages.at(0)).toEqual({ role: 'user', content: 'go' })
    },
  )

  it('has kept what ended before', async () => {
    const model = await startFakeModel([{ text: 'done' }])
    closers.push(() => model.close())
    const { child, url, databasePath } = await startProcess(model)
    const runId = await startRun(url)
    const result: unknown = await (await fetch(`${url}/v1/runs/${runId}/wait`)).json()
    const told = await readEvents(url, runId)
    await killHard(child)
    const service = await openAgain(databasePath, model)
    const again = await service.agents.get(runId)
    expect(await collectEvents(again?.events() ?? service.events.stream())).toEqual(told)
    expect(await (await service.agents.get(runId))?.wait()).toEqual(result)
    expect((await service.sessions.history('s')).map(({ text }) => text)).toEqual(['go', 'done'])
  })
})

describe('two processes on one file', () => {
  it('leave the runs of the other alone, wait for them, and cannot cancel them', async () => {
    const model = await startFakeModel(async () => {
      await new Promise((resolve) => setTimeout(resolve, 300))
      return { text: 'done' }
    })
    closers.push(() => model.close())
    const { url, databasePath } = await startProcess(model)
    const runId = await startRun(url)
    const service = await openAgain(databasePath, model)
    const run = await service.agents.get(runId)
    await expect(run?.cancel()).rejects.toMatchObject({ gatewayCode: 'run_elsewhere' })
    expect(await run?.wait({ timeoutMs: 10_000 })).toMatchObject({ status: 'completed', text: 'done' })
  })
})
