import { createClient } from '@pincer/core'
import { createFakeGateway } from '@pincer/testing'
import { streamText, tool } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { expect, test } from 'vitest'
import { z } from 'zod'

import {
  createPincer,
  gatewayTools,
  guardTools,
  pincer,
  pincerApproval,
  pincerTelemetry,
  settleDenials,
  toUIMessages,
  toUIMessageStream,
  toUIMessageStreamResponse,
} from '../src/index.ts'

const gateway = createFakeGateway()
const claw = createClient({ gateway })
const dropTable = tool({ description: 'Drops a table.', inputSchema: z.object({}), execute: () => 'dropped' })

const useDefault: typeof pincer.use = (settings) => pincer.use(settings)

const waiting = Promise.resolve([])
const streaming = streamText({ model: new MockLanguageModelV4(), prompt: 'go', onError: () => {} })

// What no compiler has seen.
const loosely = (make: unknown): ((...values: readonly unknown[]) => unknown) => make as () => unknown

test.each([
  [
    'a gateway by itself',
    createPincer,
    [gateway],
    'expected settings, found a gateway; give it as { gateway }',
  ],
  ['a claw by itself', createPincer, [claw], 'expected settings, found a claw; give it as { claw }'],
  ['the same to the default one', useDefault, [gateway], 'pincer.use(): expected settings, found a gateway'],
  [
    'a claw as the gateway',
    createPincer,
    [{ gateway: claw }],
    'gateway: expected a gateway, or a claw of createClient as `claw`, found a claw',
  ],
  [
    'a gateway as the claw',
    createPincer,
    [{ claw: gateway }],
    'claw: expected a claw of createClient, found a gateway',
  ],
  [
    'a claw that is none',
    createPincer,
    [{ gateway, claw: {} }],
    'claw: expected a claw of createClient, found an object',
  ],
  [
    'an address',
    createPincer,
    [{ url: 'http://127.0.0.1:7462' }],
    'url: not an option of createPincer(); did you mean `gateway`?',
  ],
  [
    'an address as the gateway',
    createPincer,
    [{ gateway: 'http://127.0.0.1:7462' }],
    'localGateway() and openclaw() make gateways',
  ],
  ['no agent', createPincer({ gateway }), [], 'pincer(): expected the id of an agent, found nothing'],
  [
    'an agent in an object',
    createPincer({ gateway }),
    [{ agent: 'main' }],
    'pincer(): expected the id of an agent, found an object',
  ],
  [
    'a gateway for telemetry',
    pincerTelemetry,
    [gateway],
    'pincerTelemetry: expected a claw of createClient, found a gateway',
  ],
  [
    'a gateway for approvals',
    pincerApproval,
    [gateway],
    'pincerApproval: expected a claw of createClient, found a gateway',
  ],
  [
    'a gateway for guarded tools',
    guardTools,
    [gateway, {}],
    'guardTools: expected a claw of createClient, found a gateway',
  ],
  [
    'tools without a claw',
    guardTools,
    [{ dropTable }],
    'guardTools: expected a claw of createClient, found an object',
  ],
  [
    'one tool, which would stay unguarded',
    guardTools,
    [claw, dropTable],
    'guardTools: expected tools by name, such as { lookUp: tool({ … }) }; of these "description" is a string',
  ],
  ['no tool under a name', guardTools, [claw, { dropTable: undefined }], 'of these "dropTable" is nothing'],
  [
    'a time limit by the usual name',
    pincerApproval,
    [claw, { timeoutMs: 5 }],
    'did you mean `approvalTimeoutMs`?',
  ],
  ['a name by the name of the AI SDK', pincerTelemetry, [claw, { functionId: 'x' }], 'did you mean `name`?'],
  [
    'a session by the name of others',
    pincerTelemetry,
    [claw, { sessionId: 'x' }],
    'did you mean `sessionKey`?',
  ],
  [
    'privacy in words',
    pincerTelemetry,
    [claw, { recordInputs: 'no' }],
    'pincerTelemetry: recordInputs: expected true or false, found a string "no"',
  ],
  [
    'privacy as a number',
    pincerTelemetry,
    [claw, { recordOutputs: 0 }],
    'recordOutputs: expected true or false, found the number 0',
  ],
  [
    'a session that is none',
    pincerTelemetry,
    [claw, { sessionKey: 5 }],
    'sessionKey: expected a text or a function, found the number 5',
  ],
  ['a name that is none', pincerTelemetry, [claw, { name: '' }], 'name: expected a text'],
  ['an agent that is none', pincerTelemetry, [claw, { agentId: 5 }], 'agentId: expected a text'],
  [
    'metadata that are none',
    pincerTelemetry,
    [claw, { metadata: ['x'] }],
    'metadata: expected an object, found an array of 1',
  ],
  [
    'a run that was not awaited',
    toUIMessageStream,
    [waiting],
    'toUIMessageStream: run: expected a run of a gateway, or its events as a list or an async iterable, found a promise; await it first',
  ],
  [
    'the same as a response',
    toUIMessageStreamResponse,
    [waiting],
    'toUIMessageStreamResponse: run: expected a run',
  ],
  [
    'an answer of a model',
    toUIMessageStream,
    [streaming],
    'found a result of streamText; show it by toUIMessageStream({ stream: result.stream }) of `ai`',
  ],
  [
    'a header of a response',
    toUIMessageStreamResponse,
    [[], { header: {} }],
    'header: not an option of toUIMessageStreamResponse(); did you mean `headers`?',
  ],
  [
    'an option of a response that is none',
    toUIMessageStreamResponse,
    [[], { zzzzzz: 1 }],
    'sendSources, signal, headers, keepAliveMs, status, statusText',
  ],
  [
    'a wrong way with approvals of a response',
    toUIMessageStreamResponse,
    [[], { approvals: 'no' }],
    'toUIMessageStreamResponse: approvals: expected "pause" or "wait"',
  ],
  [
    'a history that was not awaited',
    toUIMessages,
    [waiting],
    'toUIMessages: history: expected the messages of a session as a list, found a promise; await it first',
  ],
  ['no history', toUIMessages, [], 'toUIMessages: history: expected the messages of a session as a list'],
])('%s', (_, make, values, message) => {
  const call = (): unknown => loosely(make)(...values)
  expect(call).toThrow(message)
  expect(call).toThrow(expect.objectContaining({ code: 'invalid_option' }))
})

test.each([
  [
    'a gateway for its tools',
    gatewayTools,
    [gateway],
    'gatewayTools: expected a claw of createClient, found a gateway',
  ],
  [
    'a gateway for denials',
    settleDenials,
    [gateway, []],
    'settleDenials: expected a claw of createClient, found a gateway',
  ],
])('%s', async (_, make, values, message) => {
  await expect(async () => loosely(make)(...values)).rejects.toThrow(message)
})

test('what is said to be absent is absent', () => {
  expect(
    loosely(pincerTelemetry)(claw, { name: undefined, recordInputs: undefined, metadata: undefined }),
  ).toBeDefined()
})
