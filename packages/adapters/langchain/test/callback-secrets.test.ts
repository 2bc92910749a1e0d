// Keys in what LangChain hands to handlers never leave the process, and nothing is written to the console.
import { expect, test, vi } from 'vitest'

import { PincerCallbackHandler } from '../src/index.ts'
import { recorded } from './callback-fixture.ts'

const key = 'sk-live-0123456789abcdefghijklmnop'

test('no key is recorded or logged', async () => {
  const written: unknown[] = []
  const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation((...words) => void written.push(words)),
  )
  const record = recorded()
  const handler = new PincerCallbackHandler(record.claw)
  const serialized = {
    id: ['langchain', 'chat_models', 'openai', 'ChatOpenAI'],
    kwargs: { apiKey: key, openai_api_key: key, configuration: { headers: { Authorization: key } } },
  }
  const parameters = {
    model: 'm',
    headers: { authorization: `Bearer ${key}`, 'x-api-key': 'short-one', Cookie: 'cookie-value' },
    extra_headers: { 'api-key': 'another-one' },
    configuration: { apiKey: key, defaultHeaders: { Authorization: 'Basic dXNlcjpwYXNz' } },
    user: key,
  }
  const extra = { invocation_params: parameters, options: { headers: { authorization: key }, apiKey: key } }
  const metadata = { api_key: key, thread_id: 't', note: `my key is ${key}` }
  handler.handleChainStart(
    serialized,
    { messages: [`use ${key}`], apiKey: key },
    'c',
    undefined,
    [key],
    metadata,
  )
  handler.handleChatModelStart(serialized, [[]], 'm', 'c', extra, [], metadata)
  handler.handleLLMError(new Error(`401: wrong key ${key}`), 'm')
  handler.handleToolStart(
    {},
    JSON.stringify({ password: 'hunter2-secret', q: key }),
    't',
    'c',
    [],
    {},
    'tool',
    'call_1',
  )
  handler.handleToolEvent({ piece: key }, 't')
  handler.handleToolError(Object.assign(new Error(`no ${key}`), { headers: { authorization: key } }), 't')
  handler.handleRetrieverStart({}, `find ${key}`, 'r', 'c')
  handler.handleRetrieverError(`Bearer ${key}`, 'r')
  handler.handleCustomEvent('event', { token: key, text: key }, 'c')
  const interrupted = {
    is_bubble_up: true,
    interrupts: [{ id: 'i', value: { apiKey: key, ask: `use ${key}?` } }],
  }
  handler.handleChainStart({}, {}, 'n', 'c', [], metadata, undefined, 'LangGraph')
  handler.handleChainError(interrupted, 'n')
  handler.handleChainError(new Error(`failed with ${key}`), 'c')
  const events = JSON.stringify(await record.events())
  for (const secret of [key, 'hunter2', 'short-one', 'another-one', 'cookie-value', 'dXNlcjpwYXNz'])
    expect(events).not.toContain(secret)
  expect(written).toEqual([])
  for (const spy of spies) spy.mockRestore()
  await record.done()
})
