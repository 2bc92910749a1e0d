import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '@pincer/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startLocalGateway } from '../src/index.ts'
import { createService } from '../src/service.ts'
import { finishedRun } from './run-story.ts'

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
