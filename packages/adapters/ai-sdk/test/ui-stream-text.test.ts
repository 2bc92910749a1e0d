import { convertToModelMessages, createUIMessageStreamResponse, streamText, toUIMessageStream } from 'ai'
import { eventually } from '@pincer/testing'
import { expect, it, onTestFinished } from 'vitest'

import { createPincer } from '../src/pincer.ts'
import { createChatHandler } from '../src/ui-chat-handler.ts'
import type { ClawUIMessage } from '../src/ui-message-metadata.ts'
import { openShop, TestChat } from './ui-chat-fixture.ts'

// The route that the documentation of the AI SDK shows, with an agent of the gateway as its model.
it('shows an agent as a model in the same chat, approvals included', async () => {
  const gateway = openShop()
  onTestFinished(() => gateway.close())
  const pincer = createPincer({ gateway })
  const route = async (request: Request): Promise<Response> => {
    const { id, messages } = (await request.json()) as { id: string; messages: ClawUIMessage[] }
    const result = streamText({
      model: pincer('main'),
      messages: await convertToModelMessages(messages),
      providerOptions: { pincer: { sessionKey: `chat:${id}` } },
    })
    return createUIMessageStreamResponse({
      stream: toUIMessageStream({ stream: result.stream, originalMessages: messages }),
    })
  }
  const chat = new TestChat(route, 'one')
  await chat.sendMessage({ text: 'Refund order 7' })
  const { approval } = await chat.call('approval-requested')
  await chat.addToolApprovalResponse({ id: approval?.id ?? '', approved: true })
  await eventually(() => chat.said.includes('refunded true') || undefined)
  await chat.ready()
  expect(chat.error).toBeUndefined()
  expect(chat.calls.map(({ state }) => state)).toEqual(['output-available'])

  // What began there is gone on with by the handler.
  await chat.sendMessage({ text: 'Refund order 8' })
  const asked = await chat.call('approval-requested')
  const other = new TestChat(createChatHandler({ gateway, agent: 'main' }), 'one', chat.messages)
  await other.addToolApprovalResponse({ id: asked.approval?.id ?? '', approved: false })
  await other.call('output-denied')
  await other.ready()
  expect(other.error).toBeUndefined()
  expect(other.calls.map(({ state }) => state)).toEqual(['output-available', 'output-denied'])
})
