// What a guard, a person or a broken gateway says goes to a model: without stack traces and paths, and not without end.
import { createAgent } from 'langchain'
import { expect, it } from 'vitest'

import { guardMiddleware, guardTool } from '../src/guard.ts'
import { addCall, addTool, enforced, question, ScriptedModel } from './guard-fixture.ts'

const stack = 'Error: boom\n    at decide (/srv/secret/guard.js:1:2)\n    at /srv/secret/other.js:3:4'

async function said(reason: unknown): Promise<string> {
  const { claw } = enforced({ guard: () => ({ decision: 'block', reason: reason as string }) })
  const model = new ScriptedModel([addCall()], 'Done.')
  const options = { model, tools: [addTool()], middleware: [guardMiddleware(claw)] }
  await createAgent(options).invoke(question)
  const [answer] = model.answers
  const again = await guardTool(addTool(), claw).invoke({ ...addCall(), type: 'tool_call' })
  expect(again.content).toBe(answer?.content)
  return answer?.text ?? ''
}

it('a stack trace', async () => {
  expect(await said(stack)).toBe('The call of "add" was blocked and did not happen. Reason: Error: boom')
})

it('a path', async () => {
  expect(await said('see /srv/secret/rules.json')).toMatch(/Reason: see \[path\]$/)
})

it('a book', async () => {
  const text = await said('no '.repeat(1_000_000))
  expect(text.length).toBeLessThan(3_000)
  expect(text).toMatch(/no\u2026$/)
})

it.each([[5], [{ a: 1 }], [null], [Object.create(null)]])('no text at all: %o', async (reason) => {
  expect(await said(reason)).toMatch(/^The call of "add" .* did not happen\./)
})
