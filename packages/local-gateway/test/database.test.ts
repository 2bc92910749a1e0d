import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '@pincer/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startLocalGateway } from '../src/index.ts'
import { migrations } from '../src/migrations.ts'
import { createService } from '../src/service.ts'
import { finishedRun, storyEvent, storyUsage } from './run-story.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pincer-database-'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the database file', () => {
  it('is made with its tables, for its owner only, and opened again', async () => {
    const databasePath = join(folder, 'new.sqlite')
    const first = await createService({ databasePath })
    await first.events.append(finishedRun('run'))
    const files = readdirSync(folder).filter((name) => name.startsWith('new.sqlite'))
    expect(files).toContain('new.sqlite-wal')
    for (const name of files) expect([name, statSync(join(folder, name)).mode & 0o077]).toEqual([name, 0])
    await first.close()
    await first.close()
    const second = await createService({ databasePath })
    expect(await second.runs.get('run')).toMatchObject({ status: 'completed', actionCount: 2 })
    await second.close()
  })

  it('is brought up to date: usage and open approvals of before count on', async () => {
    const databasePath = join(folder, 'older.sqlite')
    const older = new DatabaseSync(databasePath)
    for (const migration of migrations.slice(0, 2)) older.exec(migration)
    older.exec(`
      PRAGMA user_version = 2;
      INSERT INTO runs (run_id, agent_id, first_ts) VALUES ('one', 'main', 1), ('two', NULL, 1);
      INSERT INTO usage VALUES
        ('one', 'a', 'x', 7200001, 'openai', 'gpt-4o-mini', 1000, 0, 0, 100.5, 0, 1100.5, NULL, 0.00021, 'reported', '1970-01-01'),
        ('one', 'b', 'x', 7200002, 'openai', 'gpt-4o-mini', 500, 0, 0, 0, 0, 500, NULL, NULL, NULL, NULL),
        ('two', 'c', 'x', 1, 'openai', 'gpt-4o-mini', 30, 0, 0, 0, 0, 30, NULL, NULL, NULL, NULL);
      INSERT INTO run_approvals VALUES ('asked', 'one', 1, 0), ('given', 'one', 1, 0), ('given', '', 0, 1);`)
    older.close()
    const service = await createService({ databasePath })
    expect(await service.usage({ groupBy: 'agent' })).toMatchObject([
      { key: 'main', callCount: 2, unpricedCount: 1, usage: { totalTokens: 1_600.5, costUsd: 0.00021 } },
      { key: '', callCount: 1, unpricedCount: 1, usage: { totalTokens: 30 } },
    ])
    await service.events.append([
      storyEvent('two', 1, 'run.started', {}, { agentId: 'main' }),
      storyEvent('one', 1, 'usage.reported', storyUsage(0), { actionId: 'b' }),
      storyEvent('one', 2, 'approval.requested', { approvalId: 'given', name: 'x' }),
    ])
    expect(await service.usage({ groupBy: 'agent' })).toMatchObject([
      { key: 'main', callCount: 3, usage: { totalTokens: 1_630.5 } },
    ])
    expect((await service.runs.get('one'))?.status).toBe('paused')
    await service.events.append([
      storyEvent('one', 3, 'approval.resolved', { approvalId: 'asked', status: 'denied' }),
    ])
    expect((await service.runs.get('one'))?.status).toBe('running')
    await service.close()
  })

  it('is left alone where a newer version wrote it', async () => {
    const databasePath = join(folder, 'newer.sqlite')
    const newer = new DatabaseSync(databasePath)
    newer.exec('CREATE TABLE future (id TEXT); PRAGMA user_version = 999')
    newer.close()
    await expect(createService({ databasePath })).rejects.toThrow(/newer version.*update it/)
    const after = new DatabaseSync(databasePath)
    expect(after.prepare('SELECT name FROM sqlite_schema').all()).toMatchObject([{ name: 'future' }])
    after.close()
  })

  it('is refused where it is something else, or cannot be made', async () => {
    const databasePath = join(folder, 'letter.txt')
    writeFileSync(databasePath, 'Dear reader, this is not a database. '.repeat(100))
    await expect(createService({ databasePath })).rejects.toThrow(/another kind of file/)
    await expect(createService({ databasePath: join(folder, 'no', 'folder.sqlite') })).rejects.toThrow(
      GatewayError,
    )
  })

  it('takes nothing once it is closed', async () => {
    const service = await createService({ databasePath: ':memory:' })
    await service.close()
    await expect(service.events.append(finishedRun('run'))).rejects.toThrow(/closed/)
    expect(service.ready()).toBe(false)
  })
})

describe('a database that another program holds', () => {
  it('keeps nothing and says that the same batch may be sent again', async () => {
    const databasePath = join(folder, 'held.sqlite')
    const running = await startLocalGateway({ port: 0, databasePath })
    const other = new DatabaseSync(databasePath)
    other.exec('BEGIN IMMEDIATE')
    const send = (): Promise<Response> =>
      fetch(`${running.url}/v1/events`, {
        method: 'POST',
        body: JSON.stringify(finishedRun('run')),
        headers: { 'content-type': 'application/json' },
      })
    const refused = await send()
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await refused.json()).toMatchObject({ error: { code: 'storage_unavailable' } })
    other.exec('ROLLBACK')
    other.close()
    expect((await running.gateway.runs.list()).items).toEqual([])
    expect((await send()).status).toBe(200)
    await running.close()
  }, 20_000)
})
