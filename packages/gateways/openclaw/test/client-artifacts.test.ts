import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { readArtifactBytes } from '../src/client/artifact-bytes.ts'
import { OpenClaw } from '../src/index.ts'
import { type Answer, ClientTransport } from './client-transport.ts'

const art = 'agent:main:art'
const dot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const artifact = {
  id: 'artifact_1',
  type: 'image',
  title: 'dot.png',
  mimeType: 'image/png',
  sizeBytes: 70,
  sessionKey: art,
  runId: 'run-1',
  download: { mode: 'bytes' as const },
}
const answers: Readonly<Record<string, Answer>> = {
  'artifacts.list': () => ({ artifacts: [artifact] }),
  'artifacts.get': () => ({ artifact }),
  'artifacts.download': ({ transport }) =>
    transport === 'http'
      ? { artifact, url: '/artifacts/1?ticket=x', expiresAt: '2026-11-20T12:00:00Z' }
      : { artifact, encoding: 'base64', data: dot },
  'audit.list': ({ runId }) => ({
    events:
      runId === 'run-1'
        ? [
            { runId, action: 'agent.run.started' },
            { runId, sessionKey: art },
          ]
        : [],
  }),
  'tasks.get': ({ taskId }) => ({
    task:
      taskId === 'task-1'
        ? { id: taskId, status: 'completed', sessionKey: art, runId: 'run-1' }
        : { id: taskId, status: 'queued' },
  }),
}

describe('oc.artifacts', () => {
  const transport = new ClientTransport([], answers)
  const oc = new OpenClaw({ transport })
  afterEach(() => transport.sent.splice(0))

  it('list: of a session, by its short key', async () => {
    expect((await oc.artifacts.list({ sessionKey: 'art' })).artifacts[0]).toEqual(artifact)
    await oc.artifacts.list({ sessionKey: art, runId: 'run-1', agentId: 'main' })
    expect(transport.calls).toEqual([
      ['artifacts.list', { sessionKey: art }],
      ['artifacts.list', { agentId: 'main', sessionKey: art, runId: 'run-1' }],
    ])
  })

  it('list: of a run, whose session the audit knows', async () => {
    await oc.artifacts.list({ runId: 'run-1' })
    expect(transport.calls).toEqual([
      ['audit.list', { runId: 'run-1', limit: 10 }],
      ['artifacts.list', { sessionKey: art, runId: 'run-1' }],
    ])
  })

  it('list: of a task, through its run', async () => {
    await oc.artifacts.list({ taskId: 'task-1' })
    expect(transport.calls).toEqual([
      ['tasks.get', { taskId: 'task-1' }],
      ['artifacts.list', { sessionKey: art, runId: 'run-1' }],
    ])
  })

  it('get and download: with the scope that was found', async () => {
    expect((await oc.artifacts.get('artifact_1', { runId: 'run-1' })).artifact.id).toBe('artifact_1')
    const download = await oc.artifacts.download('artifact_1', { sessionKey: 'art' })
    expect([download.encoding, download.data]).toEqual(['base64', dot])
    expect(transport.calls).toEqual([
      ['audit.list', { runId: 'run-1', limit: 10 }],
      ['artifacts.get', { sessionKey: art, runId: 'run-1', artifactId: 'artifact_1' }],
      ['artifacts.download', { sessionKey: art, artifactId: 'artifact_1' }],
    ])
  })

  it('bytes: those of the answer, and never more than the bound', async () => {
    const bytes = await oc.artifacts.bytes('artifact_1', { sessionKey: 'art' })
    expect(Buffer.from(bytes).toString('base64')).toBe(dot)
    expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype)
    await expect(oc.artifacts.bytes('artifact_1', { sessionKey: 'art', maxBytes: 10 })).rejects.toMatchObject(
      { status: 413 },
    )
  })

  it('bytes: over HTTP only where the address of the Gateway is known', async () => {
    const bytes = await oc.artifacts.bytes('artifact_1', { sessionKey: 'art', transport: 'http' })
    expect(bytes.byteLength).toBe(70)
    expect(transport.last('artifacts.download')).not.toHaveProperty('transport')
  })

  it('a query without a scope, or an empty id, is refused before anything is sent', async () => {
    for (const query of [{}, { sessionKey: '' }, { runId: '' }, { taskId: ' ' }, undefined]) {
      await expect(oc.artifacts.list(query as never)).rejects.toMatchObject({
        status: 400,
        message: expect.stringContaining('artifacts.list'),
      })
    }
    await expect(oc.artifacts.get('', { sessionKey: art })).rejects.toMatchObject({ status: 400 })
    await expect(oc.artifacts.download('x', {})).rejects.toThrow('one of sessionKey, runId and taskId')
    await expect(oc.artifacts.bytes('x', undefined as never)).rejects.toMatchObject({ status: 400 })
    expect(transport.sent).toEqual([])
  })

  it('a run or task without a session is 404', async () => {
    for (const query of [{ runId: 'ghost' }, { taskId: 'task-2' }]) {
      await expect(oc.artifacts.list(query)).rejects.toMatchObject({
        status: 404,
        gatewayCode: 'artifact_scope_not_found',
      })
    }
  })

  it('what the Gateway does not have is 404', async () => {
    const captured = new OpenClaw({ transport: new ClientTransport(['artifacts']) })
    expect(await captured.artifacts.list({ sessionKey: art })).toEqual({ artifacts: [] })
    await expect(captured.artifacts.get('ghost', { sessionKey: art })).rejects.toMatchObject({ status: 404 })
  })
})

describe('the bytes at an address', () => {
  const limits = { maxBytes: 1000 }

  it('are fetched from the Gateway, within the bound', async () => {
    const server = createServer((request, response) => {
      if (request.url?.startsWith('/artifacts/1') === true) response.end(Buffer.from(dot, 'base64'))
      else response.writeHead(410).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    try {
      const download = { artifact, url: '/artifacts/1?ticket=x' }
      expect((await readArtifactBytes(download, origin, limits)).byteLength).toBe(70)
      await expect(readArtifactBytes(download, origin, { maxBytes: 69 })).rejects.toMatchObject({
        status: 413,
      })
      await expect(readArtifactBytes({ artifact, url: '/gone' }, origin, limits)).rejects.toMatchObject({
        status: 410,
      })
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
    await expect(
      readArtifactBytes({ artifact, url: `${origin}/artifacts/1` }, origin, limits),
    ).rejects.toMatchObject({ status: 503, retryable: true })
  })

  it('are not looked for at an address that is none, or of another kind', async () => {
    for (const url of ['/artifacts/1', 'file:///etc/hostname', 'nonsense:']) {
      await expect(readArtifactBytes({ artifact, url }, undefined, limits)).rejects.toMatchObject({
        status: 400,
      })
    }
    await expect(readArtifactBytes({ artifact }, undefined, limits)).rejects.toMatchObject({ status: 404 })
  })
})
