import type { AgentRunRequest, JsonValue, Usage } from '@pincer/protocol'

import type { Prompts } from './subject.ts'
import type { Script, Stage, Told } from './scripted-run.ts'

/** The agent's own tool. */
export const ownTool: { readonly name: string; readonly answers: string } = {
  name: 'tide',
  answers: 'falling',
}

/** What the scripted agent understands: a verb and its rest. */
export const scriptedPrompts: Prompts = {
  say: (text) => `say ${text}`,
  call: (name, input) => `call ${JSON.stringify([[name, input]])}`,
  callBoth: (first, second) => `call ${JSON.stringify([first, second])}`,
  own: 'own',
  ask: 'ask',
  reason: 'reason',
  length: 'length',
  filter: 'filter',
  fail: 'fail',
  slow: 'slow',
  long: 'long',
}

const input = { sea: 'north' }

/** Usage whose details differ from each other, so that none can pass for another. */
export const scriptedUsage: Usage = {
  provider: 'demo',
  model: 'demo-1',
  inputTokens: 100,
  cacheReadTokens: 30,
  cacheWriteTokens: 20,
  outputTokens: 40,
  reasoningTokens: 15,
  totalTokens: 140,
  costUsd: 0.25,
}

/** Plays the agent that {@link scriptedPrompts} are written for. */
export function scriptedAgent(request: AgentRunRequest): Script {
  const text = lastWords(request)
  const verb = text.split(' ', 1)[0] ?? ''
  const rest = text.slice(verb.length + 1)
  return async function* (stage): AsyncGenerator<Told> {
    yield ['run.started', {}]
    if (request.model === 'forbidden') {
      const error = { message: 'the guard blocked it: too dear', code: 'guard_blocked' }
      yield ['model.call.started', { provider: 'demo', model: request.model }, 'model_call']
      yield ['model.call.failed', { outcome: 'blocked', error }, 'model_call']
      yield ['run.failed', { error: { message: error.message } }]
      return
    }
    if (lastRole(request) === 'tool') yield* say(`The tool answered: ${JSON.stringify(lastOutput(request))}`)
    else if (verb === 'say') yield* say(rest)
    else if (verb === 'long')
      yield* say(Array.from({ length: 60 }, (_, index) => `word${index + 1} `).join(''))
    else if (verb === 'own') yield* useTool()
    else if (verb === 'ask') yield* askFirst(stage)
    else if (verb === 'reason') {
      yield ['thinking.delta', { delta: 'Let me ' }]
      yield ['thinking.delta', { delta: 'think.' }]
      yield* say('Thought of it.')
    } else if (verb === 'slow') {
      yield ['assistant.delta', { delta: 'One moment', itemId: 'slow' }]
      if (request.timeoutMs === undefined || request.timeoutMs > 10_000) await stage.forever()
      await new Promise((resolve) => setTimeout(resolve, request.timeoutMs))
      yield ['run.timed_out', { reason: 'it took too long' }]
      return
    } else if (verb === 'fail') {
      yield ['assistant.delta', { delta: 'It beg', itemId: 'fail' }]
      const error = { message: 'the model is gone', code: 'model_gone', status: 502 }
      yield ['run.failed', { error }]
      return
    } else if (verb === 'length' || verb === 'filter') yield* say('Only half of')
    else if (verb === 'call') {
      yield ['usage.reported', scriptedUsage]
      const toolCalls = (JSON.parse(rest) as [string, JsonValue][]).map(([name, of], index) => ({
        toolCallId: `${stage.runId}_call_${index + 1}`,
        name,
        input: of,
      }))
      yield ['run.completed', { stopReason: 'tool_calls', output: { toolCalls } }]
      return
    } else yield* say(`You said: ${text}`)
    yield ['usage.reported', scriptedUsage]
    yield [
      'run.completed',
      { stopReason: verb === 'length' ? 'length' : verb === 'filter' ? 'content_filter' : 'stop' },
    ]
  }
}

let items = 0

/** Writes a text in pieces, as one message. */
export function* say(text: string, itemId = `message_${++items}`): Generator<Told> {
  for (const delta of text.split(/(?<= )/)) yield ['assistant.delta', { delta, itemId }]
  yield ['assistant.message', { text, itemId }]
}

function* useTool(): Generator<Told> {
  const toolCallId = `own_${++items}`
  yield* say('I shall look.')
  yield ['tool.call.started', { toolCallId, name: ownTool.name, input }, toolCallId]
  yield ['tool.call.delta', { toolCallId, output: { progress: 'half' } }, toolCallId]
  yield [
    'tool.call.completed',
    { toolCallId, name: ownTool.name, outcome: 'ok', output: { tide: 'falling' } },
    toolCallId,
  ]
  yield* say('The tide is falling.')
}

async function* askFirst(stage: Stage): AsyncGenerator<Told> {
  const toolCallId = `asked_${++items}`
  const { name } = ownTool
  yield ['thinking.delta', { delta: 'May I?' }]
  yield ['tool.call.started', { toolCallId, name, input }, toolCallId]
  const answer = yield* stage.ask({ approvalId: `approval_${toolCallId}`, name, toolCallId, input })
  if (answer.status === 'approved') {
    yield [
      'tool.call.completed',
      { toolCallId, name, outcome: 'ok', output: { tide: 'falling' } },
      toolCallId,
    ]
    yield* say('The tide is falling.')
  } else {
    const why = answer.decisionReason ?? 'no reason given'
    const error = { message: `a person denied it: ${why}`, code: 'approval_denied' }
    yield ['tool.call.failed', { toolCallId, name, outcome: 'denied', error }, toolCallId]
    yield* say(`I may not: ${why}`)
  }
}

function lastWords({ input: given }: AgentRunRequest): string {
  if (typeof given === 'string') return given
  return given.findLast(({ role }) => role === 'user')?.text ?? ''
}

function lastRole({ input: given }: AgentRunRequest): string {
  return typeof given === 'string'
    ? 'user'
    : (given.findLast(({ role }) => role !== 'system')?.role ?? 'user')
}

function lastOutput({ input: given }: AgentRunRequest): JsonValue {
  if (typeof given === 'string') return null
  return given.filter(({ role }) => role === 'tool').map(({ output = null }) => output)
}
