import type { ClawEvent, ClawEventData, ClawEventType } from '@pincer/protocol'
import { readUIMessageStream, type UIMessage, type UIMessageChunk, validateUIMessages } from 'ai'

import type { ClawUIMessage } from '../src/ui-message-metadata.ts'
import { toUIMessageStream } from '../src/ui-message-stream.ts'

/** An event type and its data. */
export type Told = { [Type in ClawEventType]: readonly [Type, ClawEventData[Type]] }[ClawEventType]

/** Makes the events of one run, numbered from 1. */
export function eventsOf(told: readonly Told[], runId = 'run_1'): ClawEvent[] {
  return told.map(([type, data], index) => {
    const event = {
      version: 1,
      id: `${runId}.${index}`,
      ts: 1_000 + index,
      type,
      runId,
      seq: index + 1,
      data,
    }
    // The pairs above say which data belong to which type.
    return event as unknown as ClawEvent
  })
}

/** What a stream said: its pieces, the states of the message, the last one, and the errors the reader met. */
export interface Shown {
  readonly chunks: readonly UIMessageChunk[]
  readonly states: readonly ClawUIMessage[]
  readonly message: ClawUIMessage | undefined
  readonly errors: readonly string[]
}

/** Reads a stream to its end as `useChat` does, and checks that its message may be sent back. */
export async function show(
  run: Parameters<typeof toUIMessageStream>[0],
  options: Parameters<typeof toUIMessageStream>[1] = {},
  earlier?: ClawUIMessage,
): Promise<Shown> {
  return read(toUIMessageStream(run, options), earlier)
}

/** The same for a stream that is there. */
export async function read(stream: ReadableStream<UIMessageChunk>, earlier?: ClawUIMessage): Promise<Shown> {
  const chunks: UIMessageChunk[] = []
  const states: ClawUIMessage[] = []
  const errors: string[] = []
  const watched = stream.pipeThrough(
    new TransformStream<UIMessageChunk, UIMessageChunk>({
      transform(chunk, controller) {
        // As it comes out of the wire.
        const sent: UIMessageChunk = JSON.parse(JSON.stringify(chunk))
        chunks.push(sent)
        controller.enqueue(sent)
      },
    }),
  )
  for await (const state of readUIMessageStream<ClawUIMessage>({
    stream: watched,
    ...(earlier !== undefined && { message: structuredClone(earlier) }),
    onError: (error) => errors.push(error instanceof Error ? error.message : String(error)),
  }))
    states.push(state)
  const message = states.at(-1)
  if (message !== undefined && message.parts.length > 0)
    await validateUIMessages({ messages: JSON.parse(JSON.stringify([message])) })
  return { chunks, states, message, errors }
}

/** The parts of a message, without what most tests do not look at. */
export function partsOf(message: UIMessage | undefined): unknown[] {
  return (message?.parts ?? [])
    .filter(({ type }) => type !== 'step-start')
    .map((part) => {
      const {
        callProviderMetadata: _c,
        providerMetadata: _p,
        providerExecuted: _e,
        ...rest
      } = { ...part } as Record<string, unknown>
      return JSON.parse(JSON.stringify(rest))
    })
}

/** Says what is wrong with the order of pieces; empty where a reader can follow. */
export function faultsOf(chunks: readonly UIMessageChunk[]): string[] {
  const faults: string[] = []
  const open = new Set<string>()
  const used = new Set<string>()
  const tools = new Set<string>()
  const approvals = new Set<string>()
  let isInStep = false
  let ends = 0
  const expect = (isRight: boolean, what: string): void => void (isRight || faults.push(what))
  for (const [index, chunk] of chunks.entries()) {
    expect(ends === 0, `${chunk.type} after the end`)
    if (index === 0) expect(chunk.type === 'start', `begins with ${chunk.type}`)
    switch (chunk.type) {
      case 'start':
        expect(index === 0, 'a second start')
        break
      case 'start-step':
        expect(!isInStep, 'a step in a step')
        isInStep = true
        break
      case 'finish-step':
        expect(isInStep, 'no step to finish')
        expect(open.size === 0, 'a block goes on after its step')
        isInStep = false
        break
      case 'reset-step':
        expect(isInStep, 'no step to reset')
        open.clear()
        used.clear()
        break
      case 'text-start':
      case 'reasoning-start':
        expect(isInStep, 'text outside of a step')
        expect(open.size === 0, 'two blocks open')
        expect(!used.has(chunk.id), `the id ${chunk.id} again`)
        open.add(chunk.id)
        used.add(chunk.id)
        break
      case 'text-delta':
      case 'reasoning-delta':
        expect(open.has(chunk.id) && chunk.delta !== '', 'a piece of no block, or an empty one')
        break
      case 'text-end':
      case 'reasoning-end':
        expect(open.delete(chunk.id), 'no block to end')
        break
      case 'tool-input-start':
        tools.add(chunk.toolCallId)
        break
      case 'tool-input-available':
      case 'tool-output-available':
      case 'tool-output-error':
      case 'tool-output-denied':
        expect(tools.has(chunk.toolCallId), `${chunk.type} of no call`)
        break
      case 'tool-approval-request':
        expect(tools.has(chunk.toolCallId), 'a question before its call')
        approvals.add(chunk.approvalId)
        break
      case 'tool-approval-response':
        expect(approvals.has(chunk.approvalId), 'an answer to no question')
        break
      case 'finish':
        expect(!isInStep && open.size === 0, 'ends in the middle')
        ends++
        break
    }
  }
  expect(ends === 1, `${ends} ends`)
  return faults
}
