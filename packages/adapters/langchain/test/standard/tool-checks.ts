import { AIMessage, AIMessageChunk, HumanMessage, ToolMessage } from '@langchain/core/messages'
import { expect, it } from 'vitest'

import type { ChatModelSubject } from './subject.ts'
import { addTool, openAiTool, orderTool, PersonTool, runnableTool } from './tools.ts'

const input = { a: 2, b: 3 }

/** Tools of the caller and what they answered: eleven checks. */
export function toolChecks(subject: () => ChatModelSubject): void {
  const ask = (): string => subject().prompts.call('add', input)

  it('calls a tool of the caller', async () => {
    const answer = await subject().model().bindTools([addTool, new PersonTool()]).invoke(ask())
    expect(answer.tool_calls).toMatchObject([{ name: 'add', args: input, type: 'tool_call' }])
    expect(answer.tool_calls?.[0]?.id).toEqual(expect.any(String))
    expect(answer.response_metadata['finish_reason']).toBe('tool_calls')
  })

  it('calls a tool in the format of OpenAI', async () => {
    const answer = await subject().model().bindTools([openAiTool]).invoke(ask())
    expect(answer.tool_calls).toMatchObject([{ name: 'add', args: input }])
  })

  it('calls a runnable', async () => {
    const answer = await subject().model().bindTools([runnableTool]).invoke(ask())
    expect(answer.tool_calls).toMatchObject([{ name: 'add', args: input }])
  })

  it('calls a tool of a name and a schema', async () => {
    const { name, description, schema } = addTool
    const answer = await subject().model().bindTools([{ name, description, schema }]).invoke(ask())
    expect(answer.tool_calls).toMatchObject([{ name: 'add', args: input }])
  })

  it('calls a tool with arguments inside arguments', async () => {
    const order = {
      lines: [
        { article: 'tea "green"', count: 2 },
        { article: 'cups', count: 4 },
      ],
      address: { street: 'Käsegasse 1', floor: null },
    }
    const answer = await subject()
      .model()
      .bindTools([orderTool])
      .invoke(subject().prompts.call('order', order))
    expect(answer.tool_calls).toMatchObject([{ name: 'order', args: order }])
  })

  it('calls two tools at once, or one after the other', async () => {
    const { prompts, cannot } = subject()
    const ada = { name: 'Ada', age: 36 }
    const answer = await subject()
      .model()
      .bindTools([addTool, new PersonTool()])
      .invoke(prompts.callBoth(['add', input], ['person', ada]))
    const calls = [
      { name: 'add', args: input },
      { name: 'person', args: ada },
    ]
    expect(answer.tool_calls).toMatchObject(cannot.includes('parallel tools') ? calls.slice(0, 1) : calls)
    const ids = answer.tool_calls?.map((call) => call.id) ?? []
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('streams the call of a tool', async () => {
    let merged: AIMessageChunk | undefined
    let pieces = 0
    for await (const chunk of await subject().model().bindTools([addTool]).stream(ask())) {
      pieces += chunk.tool_call_chunks?.length ?? 0
      merged = merged === undefined ? chunk : merged.concat(chunk)
    }
    expect(pieces).toBeGreaterThan(0)
    expect(merged?.tool_calls).toMatchObject([{ name: 'add', args: input }])
    expect(merged?.response_metadata['finish_reason']).toBe('tool_calls')
    const stream = subject()
      .model()
      .streamEvents(ask(), { tools: [openAiTool] })
    expect(await stream.toolCalls).toMatchObject([{ name: 'add', args: input }])
  })

  it('goes on with what its tools answered', async () => {
    const question = new HumanMessage(ask())
    const model = subject().model().bindTools([addTool])
    const call = await model.invoke([question])
    const result = new ToolMessage({ content: 'five', tool_call_id: call.tool_calls?.[0]?.id ?? '' })
    const answer = await model.invoke([question, call, result])
    expect(answer.text).toContain('five')
    expect(answer.tool_calls).toEqual([])
    // The same as a stream, and with the answer itself streamed before.
    let streamed = ''
    for await (const chunk of await model.stream([question, call, result])) streamed += chunk.text
    expect(streamed).toContain('five')
  })

  it('goes on with a call that was streamed', async () => {
    const question = new HumanMessage(ask())
    const model = subject().model().bindTools([addTool])
    let call: AIMessageChunk | undefined
    for await (const chunk of await model.stream([question]))
      call = call === undefined ? chunk : call.concat(chunk)
    const result = new ToolMessage({ content: 'five', tool_call_id: call?.tool_calls?.[0]?.id ?? '' })
    const answer = await model.invoke(call === undefined ? [] : [question, call, result])
    expect(answer.text).toContain('five')
  })

  it('takes histories of tools as text and as blocks', async () => {
    const { prompts } = subject()
    const history = (content: AIMessage['content']): (HumanMessage | AIMessage | ToolMessage)[] => [
      new HumanMessage('What is 2 + 3?'),
      new AIMessage({ content, tool_calls: [{ id: 'call_1', name: 'add', args: input }] }),
      new ToolMessage({ content: '5', tool_call_id: 'call_1', name: 'add' }),
      new AIMessage('It is 5.'),
      new HumanMessage(prompts.say('thank you')),
    ]
    const model = subject().model().bindTools([addTool])
    expect((await model.invoke(history(''))).text).toBe('thank you')
    const blocks = [
      { type: 'text', text: 'I add them.' },
      { type: 'tool_use', id: 'call_1', name: 'add', input },
    ]
    expect((await model.invoke(history(blocks))).text).toBe('thank you')
  })

  it('takes examples of calls, failed ones among them', async () => {
    const { prompts } = subject()
    const answer = await subject()
      .model()
      .bindTools([addTool])
      .invoke([
        new HumanMessage('What is 1 + 1?'),
        new AIMessage({ content: '', tool_calls: [{ id: 'example_1', name: 'add', args: { a: 1 } }] }),
        new ToolMessage({ content: 'b is missing', tool_call_id: 'example_1', status: 'error' }),
        new AIMessage({ content: '', tool_calls: [{ id: 'example_2', name: 'add', args: { a: 1, b: 1 } }] }),
        new ToolMessage({ content: '2', tool_call_id: 'example_2' }),
        new AIMessage('Two.'),
        new HumanMessage(prompts.say('understood')),
      ])
    expect(answer.text).toBe('understood')
  })
}
