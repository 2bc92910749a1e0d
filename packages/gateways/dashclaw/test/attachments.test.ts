import { expect, test } from 'vitest'
import { makeClaw, rejection } from './make-claw.ts'
import { startServer } from './recording-server.ts'

const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)

test('attachments go as bytes or as base64, and come back as bytes', async () => {
  let kept: unknown
  await using server = await startServer(({ method, body }) => {
    if (method === 'GET') {
      const [file] = kept as [{ data: string }]
      return {
        headers: {
          'content-type': 'image/png; x=y',
          'content-disposition': 'attachment; filename="a \\"b\\".png"',
        },
        body: Buffer.from(file.data, 'base64'),
      }
    }
    kept = body?.['attachments']
    return { status: 201, body: { message: { id: 'msg_1' }, message_id: 'msg_1' } }
  })
  const claw = makeClaw(server.url)
  const file = { filename: 'a.png', mime_type: 'image/png' }
  await claw.sendMessage({
    body: 'look',
    attachments: [
      { ...file, data: bytes },
      { ...file, data: 'aGk=' },
    ],
  })
  expect(kept).toEqual([
    { ...file, data: Buffer.from(bytes).toString('base64') },
    { ...file, data: 'aGk=' },
  ])
  expect(await claw.getAttachment('att_1')).toEqual({
    data: bytes,
    filename: 'a "b".png',
    mime_type: 'image/png',
  })
  expect(server.requests[1]?.query).toEqual({ id: 'att_1' })
})

test.each([
  ['attachment; filename="../../etc/passwd"', 'passwd'],
  ['attachment; filename="C:\\\\temp\\\\x.txt"', 'x.txt'],
  ["attachment; filename*=UTF-8''Gr%C3%B6%C3%9Fe%0A.txt", 'Größe.txt'],
  ["attachment; filename*=UTF-8''%E0%A4%A; filename=bare.txt", 'bare.txt'],
  ['attachment; filename=".."', ''],
  ['attachment', ''],
])('a file is named plainly: %s', async (disposition, name) => {
  await using server = await startServer(() => ({
    headers: { 'content-disposition': disposition },
    body: new Uint8Array(0),
  }))
  const { filename, data } = await makeClaw(server.url).getAttachment('att_1')
  expect(filename).toBe(name)
  expect(data).toHaveLength(0)
})

test('an attachment that is not there is told', async () => {
  await using server = await startServer(() => ({ status: 404, body: { error: 'Attachment not found' } }))
  expect(await rejection(makeClaw(server.url).getAttachment('att_1'))).toMatchObject({
    status: 404,
    message: 'getAttachment: Attachment not found',
  })
})

test('to and type, threads and actions go under either name', async () => {
  await using server = await startServer()
  const claw = makeClaw(server.url)
  await claw.sendMessage({ to: 'ops', type: 'status', threadId: 'mt_1', actionId: 'act_1', body: 'x' })
  await claw.broadcast('all', { type: 'question' })
  await claw.getInbox({ message_type: 'lesson', unread: true })
  expect(server.requests.map(({ body, query }) => body ?? query)).toEqual([
    {
      from_agent_id: 'test-agent',
      to_agent_id: 'ops',
      message_type: 'status',
      thread_id: 'mt_1',
      action_id: 'act_1',
      body: 'x',
    },
    { from_agent_id: 'test-agent', to_agent_id: null, message_type: 'question', body: 'all' },
    { agent_id: 'test-agent', direction: 'inbox', type: 'lesson', unread: 'true' },
  ])
})
