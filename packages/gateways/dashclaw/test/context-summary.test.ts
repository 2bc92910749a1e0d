import { expect, test } from 'vitest'
import { makeClaw } from './make-claw.ts'
import { startServer } from './recording-server.ts'

test('the summary of the context is the points of today and the active threads', async () => {
  await using server = await startServer(({ path }) =>
    path.endsWith('points')
      ? { body: { points: [{ id: 'cp_1' }], total: 1 } }
      : { body: { threads: [{ id: 'ct_1' }], total: 1 } },
  )
  const before = new Date().toISOString().slice(0, 10)
  expect(await makeClaw(server.url).getContextSummary()).toEqual({
    points: [{ id: 'cp_1' }],
    threads: [{ id: 'ct_1' }],
  })
  const asked = server.requests.map(({ method, path, query }) => [`${method} ${path}`, query])
  expect(asked).toContainEqual(['GET /api/context/threads', { agent_id: 'test-agent', status: 'active' }])
  const [, points] = asked.find(([line]) => line === 'GET /api/context/points') ?? []
  expect([before, new Date().toISOString().slice(0, 10)]).toContain(
    (points as { session_date: string }).session_date,
  )
})

test('an attachment has an address', () => {
  expect(makeClaw('http://localhost:3000').getAttachmentUrl('att_1&x=2')).toBe(
    'http://localhost:3000/api/messages/attachments?id=att_1%26x%3D2',
  )
})
