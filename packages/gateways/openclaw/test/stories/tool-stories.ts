import type { ClawEvent } from '@pincer/protocol'
import { expect } from 'vitest'
import type { OpenClaw } from '../../src/index.ts'
import { type Story, story } from './story.ts'
import { onlyOne, readWholeRun, writtenText } from './whole-run.ts'

/** Runs that call the Gateway's own tools. */
export const toolStories: readonly Story[] = [
  story('tool-run', async (oc) => {
    const events = await runTool(oc, 'tool-run', '[[tool:ls {"path":"."}]]')
    const started = onlyOne(events, 'tool.call.started')
    expect(started).toMatchObject({ name: 'ls', input: { path: '.' } })
    const completed = onlyOne(events, 'tool.call.completed')
    expect(completed).toMatchObject({ toolCallId: started.toolCallId, outcome: 'ok', name: 'ls' })
    expect(JSON.stringify(completed.output)).toContain('notes.txt')
    expect(writtenText(events).join('')).toContain('ls answered')
  }),

  story('two-tools', async (oc) => {
    const events = await runTool(
      oc,
      'two-tools',
      '[[tool:ls {"path":"."}]] [[then]] [[tool:read {"path":"notes.txt"}]] [[then]] Say both done',
    )
    const names = events.flatMap((event) => (event.type === 'tool.call.started' ? [event.data.name] : []))
    expect(names).toEqual(['ls', 'read'])
    const outputs = events.flatMap((event) =>
      event.type === 'tool.call.completed' ? [event.data.output] : [],
    )
    expect(JSON.stringify(outputs)).toContain('Two crabs share one shell.')
    expect(events.at(-1)?.type).toBe('run.completed')
  }),

  story('failing-tool', async (oc) => {
    const events = await runTool(oc, 'failing-tool', '[[tool:read {"path":"no-such-file.txt"}]]')
    const failed = onlyOne(events, 'tool.call.failed')
    expect(failed).toMatchObject({ outcome: 'error', name: 'read' })
    expect(failed.error.message).not.toBe('')
    // The agent was told, and went on.
    expect(events.at(-1)?.type).toBe('run.completed')
  }),

  story('unknown-tool', async (oc) => {
    const events = await runTool(oc, 'unknown-tool', '[[tool:no_such_tool {"a":1}]]')
    expect(onlyOne(events, 'tool.call.started')).toMatchObject({ name: 'no_such_tool', input: { a: 1 } })
    expect(onlyOne(events, 'tool.call.failed').error.message).toContain('not found')
    expect(events.at(-1)?.type).toBe('run.completed')
  }),
]

async function runTool(oc: OpenClaw, name: string, input: string): Promise<readonly ClawEvent[]> {
  const run = await oc.runs.create({ input, agentId: 'main', sessionKey: `agent:main:${name}` })
  return readWholeRun(run)
}
