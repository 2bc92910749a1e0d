import { expect } from 'vitest'
import type { Session } from '../../src/index.ts'
import { soon } from './soon.ts'
import { type Story, story } from './story.ts'
import { onlyOne, readWholeRun, writtenText } from './whole-run.ts'

/** Sessions and their transcripts. */
export const sessionStories: readonly Story[] = [
  story('session-life', async (oc) => {
    const session = await oc.sessions.create({
      key: 'agent:main:session-life',
      agentId: 'main',
      label: 'session life',
    })
    expect(session).toMatchObject({ key: 'agent:main:session-life', agentId: 'main' })
    expect(session.sessionId).toMatch(/^[\da-f-]{36}$/)

    const run = await session.send('Say first answer')
    const events = await readWholeRun(run)
    expect(writtenText(events)).toEqual(['first answer'])
    expect(onlyOne(events, 'usage.reported').inputTokens).toBeGreaterThan(1000)
    const result = await run.wait({ timeoutMs: 150_000 })
    expect(result).toMatchObject({ status: 'completed', text: 'first answer', sessionKey: session.key })
    expect(result.usage?.outputTokens).toBe(3)
    expect(result.usage?.costUsd).toBeGreaterThan(0)

    const { messages } = await session.history()
    expect(messages.map((message) => message.role)).toEqual(['user', 'assistant'])
    expect(await oc.sessions.resolve({ label: 'session life' })).toMatchObject({ key: session.key })
    const { sessions } = await oc.sessions.list({ search: 'session life' })
    expect(sessions.map((row) => row.key)).toEqual([session.key])

    await session.patch({ label: 'renamed session', icon: '🦀' })
    expect(await session.describe()).toMatchObject({ key: session.key, label: 'renamed session', icon: '🦀' })
    expect(await compact(session, 200)).toMatchObject({ ok: true, key: session.key })
    expect(await session.abort(run.id)).toMatchObject({ status: 'no-active-run' })

    await session.reset()
    // A line of the Gateway's own says that there was more.
    expect((await session.history()).messages.map((message) => message.role)).toEqual(['system'])
    await session.delete()
    expect(await session.describe()).toBeUndefined()
  }),

  story('session-abort', async (oc) => {
    const session = await oc.sessions.create({ key: 'agent:main:session-abort', agentId: 'main' })
    const run = await session.send('[[slow:200]] [[words:60]]')
    for await (const event of run.events()) if (event.type === 'assistant.delta') break
    expect(await session.abort()).toMatchObject({ status: 'aborted', abortedRunId: run.id })
    expect(await run.wait({ timeoutMs: 150_000 })).toMatchObject({ status: 'cancelled' })
    expect((await readWholeRun(run)).at(-1)?.type).toBe('run.cancelled')
  }),

  story('session-model', async (oc) => {
    const session = await oc.sessions.create({ key: 'agent:main:session-model', agentId: 'main' })
    await session.patch({ model: 'scripted/thinker' })
    const run = await session.send('Say changed')
    expect((await run.wait({ timeoutMs: 150_000 })).usage).toMatchObject({ model: 'thinker' })
    await expect(session.patch({ model: 'scripted/nobody' })).rejects.toMatchObject({
      code: 'gateway',
      status: 400,
      retryable: false,
    })
  }),

  story('chat', async (oc) => {
    const sessionKey = 'agent:main:chat'
    const run = await oc.chat.send({ sessionKey, message: 'Say by chat' })
    expect(await run.wait({ timeoutMs: 150_000 })).toMatchObject({ status: 'completed', text: 'by chat' })
    const { messageId } = await oc.chat.inject({ sessionKey, message: 'a note for people', label: 'note' })
    const { messages } = await oc.chat.history({ sessionKey })
    expect(messages.map((message) => message.role)).toEqual(['user', 'assistant', 'assistant'])
    expect(JSON.stringify(messages.at(-1))).toContain('a note for people')
    expect(messageId).not.toBe('')
    expect(await oc.chat.abort({ sessionKey })).toMatchObject({ ok: true, aborted: false })
    const session = await oc.sessions.get('chat')
    expect(session.key).toBe(sessionKey)
    // The Gateway reads its transcripts in its own time.
    const { usage } = await run.wait()
    expect(await soon(() => session.usage())).toMatchObject({ totalTokens: usage?.totalTokens })
  }),

  story('session-events', async (oc) => {
    const heard: string[] = []
    const told = (async () => {
      for await (const event of oc.events()) {
        if (event.sessionKey !== 'agent:main:session-events') continue
        heard.push(event.type)
        if (event.type === 'session.compacted') return
      }
    })()
    const session = await oc.sessions.create({ key: 'agent:main:session-events', agentId: 'main' })
    await (await session.send('Say heard')).wait({ timeoutMs: 150_000 })
    expect(await compact(session, 1)).toMatchObject({ compacted: true })
    await told
    expect(heard[0]).toBe('session.created')
    expect(heard).toContain('run.completed')
  }),
]

/** For a moment after its end a run still keeps its session from being compacted. */
function compact(session: Session, maxLines: number): ReturnType<Session['compact']> {
  return soon(async () => {
    try {
      return await session.compact({ maxLines })
    } catch (error) {
      if (String(error).includes('active run')) return undefined
      throw error
    }
  })
}
