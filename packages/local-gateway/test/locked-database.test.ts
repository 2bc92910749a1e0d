import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { eventually } from '@pincer/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../src/database.ts'
import { startFakeModel } from './fake-model.ts'

const fixture = fileURLToPath(new URL('./fixtures/agent-gateway.ts', import.meta.url))
let folder: string
const children: ChildProcess[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pincer-locked-'))
})

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

interface Started {
  readonly child: ChildProcess
  readonly databasePath: string
  readonly url: string
  readonly errors: () => string
}

async function startProcess(databasePath: string, baseUrl: string): Promise<Started> {
  const strict = '--unhandled-rejections=strict'
  const child = spawn(process.execPath, [
    strict,
    '--conditions=@pincer/source',
    fixture,
    databasePath,
    baseUrl,
  ])
  children.push(child)
  let errors = ''
  child.stderr.on('data', (chunk) => (errors += String(chunk)))
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, databasePath, url: String(line).trim(), errors: () => errors }
}

async function startRun(url: string, more: object = {}): Promise<string> {
  const answer = await fetch(`${url}/v1/agents/main/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ input: 'go', ...more }),
  })
  return ((await answer.json()) as { runId: string }).runId
}

async function readText(url: string): Promise<string> {
  return (await fetch(url)).text()
}

async function statusOf(url: string, runId: string): Promise<string> {
  return ((await (await fetch(`${url}/v1/runs/${runId}`)).json()) as { status: string }).status
}

function hold(databasePath: string): () => void {
  const other = new DatabaseSync(databasePath)
  other.exec('BEGIN IMMEDIATE')
  return () => {
    other.exec('ROLLBACK')
    other.close()
  }
}

describe('a gateway whose database is held by another program for long', () => {
  it('lives on while an approval expires, and expires it once it can write again', async () => {
    const model = await startFakeModel(() => ({ text: 'unused' }))
    const { child, databasePath, errors, url } = await startProcess(join(folder, 'ask.sqlite'), model.baseUrl)
    const send = async (method: string, path: string, body: object): Promise<{ approvalId?: string }> => {
      const headers = { 'content-type': 'application/json' }
      return (await fetch(url + path, { method, headers, body: JSON.stringify(body) })).json() as object
    }
    const approval = { expiresAfterMs: 200 }
    await send('PUT', '/v1/policies/ask', { match: { tool: 'mail' }, action: 'require_approval', approval })
    const { approvalId } = await send('POST', '/v1/guard', { kind: 'tool_call', name: 'mail' })
    const release = hold(databasePath)
    // SQLite waits 5 s for the lock before it gives up.
    await new Promise((resolve) => setTimeout(resolve, 6_000))
    release()
    await eventually(async () =>
      expect(await readText(`${url}/v1/approvals/${approvalId}`)).toContain('"expired"'),
    )
    expect(child.exitCode).toBeNull()
    expect(errors()).toBe('')
  }, 30_000)

  it('lives on while runs are under way, and closes what ended meanwhile once it can write again', async () => {
    const model = await startFakeModel(() => ({ text: 'Once', hang: true }))
    const first = await startProcess(join(folder, 'first.sqlite'), model.baseUrl)
    const second = await startProcess(join(folder, 'second.sqlite'), model.baseUrl)
    const waiting = await startRun(first.url)
    const ending = await startRun(second.url, { timeoutMs: 3_000 })
    // All that they have to say until then is in the record.
    for (const [{ url }, runId] of [
      [first, waiting],
      [second, ending],
    ] as const) {
      await eventually(
        async () => (await readText(`${url}/v1/runs/${runId}/events`)).includes('Once') || undefined,
      )
    }

    const letGo = [hold(first.databasePath), hold(second.databasePath)]
    // Longer than a gateway waits for the lock (5 s), after the sign of life that it gives every 5 s or at the end of its run.
    await new Promise((resolve) => setTimeout(resolve, 15_000))
    for (const release of letGo) release()

    expect([first.child.exitCode, first.errors(), second.child.exitCode, second.errors()]).toEqual([
      null,
      '',
      null,
      '',
    ])
    expect(await statusOf(first.url, waiting)).toBe('running')
    const status = await eventually(async () => {
      const found = await statusOf(second.url, ending)
      return found === 'running' ? undefined : found
    }, 20_000)
    expect(['timed_out', 'failed']).toContain(status)
    const result = await fetch(`${second.url}/v1/runs/${ending}/wait?timeoutMs=1000`)
    expect(await result.json()).toMatchObject({ status })
    await model.close()
  }, 60_000)
})

describe('a database behind a link', () => {
  it('is made for its owner only, like any other', () => {
    const target = join(folder, 'target.sqlite')
    const link = join(folder, 'link.sqlite')
    symlinkSync(target, link)
    const database = openDatabase(link)
    database.exec('CREATE TABLE x (y)')
    for (const file of [target, `${target}-wal`, `${target}-shm`]) {
      expect([file, existsSync(file), statSync(file).mode & 0o777]).toEqual([file, true, 0o600])
    }
    database.close()
  })
})
