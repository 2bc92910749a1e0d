import type { JsonObject } from '@pincer/protocol'
import { chooseTools } from './choose-tools.ts'
import { fillSchema } from './fill-schema.ts'
import { type OfferedTool, type Prompt, readTurn, type Turn } from './prompt.ts'
import { type Script, scriptForStep } from './script.ts'
import { charactersPerToken, countInput, countTokens, type TokenCount } from './token-count.ts'
import { writeFromResults, writeReply, writeWords } from './write-sentence.ts'

/** A tool call of an answer; ids are given by whoever puts the answer on the wire. */
interface AnswerToolCall {
  readonly name: string
  /** JSON text. */
  readonly arguments: string
}

/** What the demo model answers, before it takes the shape of an API. */
export interface Answer {
  readonly text: string
  readonly reasoning: string
  readonly refusal?: string
  readonly toolCalls: readonly AnswerToolCall[]
  readonly finish: 'stop' | 'length' | 'tool_calls' | 'content_filter'
  readonly tokens: TokenCount
  readonly script: Script
}

/** Answers a prompt by the script in it; the same prompt gets the same answer. */
export function answerPrompt(prompt: Prompt): Answer {
  const turn = readTurn(prompt.messages)
  const script = scriptForStep(turn.userText, turn.step)
  const reasons = script.reason || prompt.model === 'pincer-demo-reasoning'
  const toolCalls = script.refuse || script.filter ? [] : callTools(prompt, turn, script)
  const draft = {
    text: toolCalls.length > 0 || script.refuse ? '' : writeText(prompt, turn, script),
    reasoning: reasons ? writeReasoning(prompt, turn, toolCalls) : '',
    refusal: script.refuse ? 'I cannot help with that: the script of this demo asks for a refusal.' : '',
    toolCalls,
  }
  const cut = cutTo(tokenLimit(prompt, script, draft.text), draft)
  const { input, cached } = countInput(prompt)
  const reasoning = countTokens(cut.reasoning)
  const output = reasoning + countTokens(cut.text) + countTokens(cut.refusal) + countCalls(cut.toolCalls)
  return {
    text: cut.text,
    reasoning: cut.reasoning,
    ...(cut.refusal === '' ? {} : { refusal: cut.refusal }),
    toolCalls: cut.toolCalls,
    finish: finishOf(script, cut),
    tokens: { input, cached, output, reasoning },
    script,
  }
}

interface Draft {
  readonly text: string
  readonly reasoning: string
  readonly refusal: string
  readonly toolCalls: readonly AnswerToolCall[]
}

function callTools(prompt: Prompt, turn: Turn, script: Script): readonly AnswerToolCall[] {
  if (prompt.toolChoice === 'none') return []
  const forced = prompt.toolChoice
  let calls: AnswerToolCall[]
  if (script.toolCalls.length > 0) {
    calls = script.toolCalls.flatMap((scripted) => {
      const tool = prompt.tools.find((offered) => offered.name === scripted.name)
      return tool === undefined ? [] : [callOf(tool, script.words, scripted.input)]
    })
  } else if (typeof forced === 'object') {
    calls = prompt.tools.filter((tool) => tool.name === forced.name).map((tool) => callOf(tool, script.words))
  } else {
    // After tools have answered, only a script or the caller's own choice calls another one: no endless loops.
    const chosen = turn.step > 0 ? [] : chooseTools(script.words, prompt.tools)
    const needed = forced === 'required' && chosen.length === 0 ? prompt.tools.slice(0, 1) : chosen
    calls = needed.map((tool) => callOf(tool, script.words))
  }
  return prompt.parallelToolCalls ? calls : calls.slice(0, 1)
}

function callOf(tool: OfferedTool, words: string, input?: JsonObject): AnswerToolCall {
  return {
    name: tool.name,
    arguments: JSON.stringify(input ?? fillSchema({ type: 'object', ...tool.parameters }, words)),
  }
}

function writeText(prompt: Prompt, turn: Turn, script: Script): string {
  if (script.wordCount > 0) return writeWords(script.wordCount)
  if (prompt.schema !== undefined)
    return JSON.stringify(fillSchema({ type: 'object', ...prompt.schema }, script.words))
  const missing = script.toolCalls.find((call) => !prompt.tools.some((tool) => tool.name === call.name))
  if (missing !== undefined)
    return `The script calls the tool "${missing.name}", which this request does not offer.`
  return turn.results.length > 0 ? writeFromResults(turn.results) : writeReply(script.words)
}

function writeReasoning(prompt: Prompt, turn: Turn, toolCalls: readonly AnswerToolCall[]): string {
  const plan =
    toolCalls.length > 0 ? `call ${toolCalls.map((call) => call.name).join(' and ')}` : 'answer in words'
  return `Step ${turn.step + 1}: ${prompt.tools.length} tools are offered and ${turn.results.length} have answered. The rules say: ${plan}.`
}

function tokenLimit(prompt: Prompt, script: Script, text: string): number {
  const scripted = script.length ? Math.max(1, Math.floor(countTokens(text) / 2)) : Infinity
  return Math.min(prompt.maxTokens ?? Infinity, scripted)
}

// Reasoning is spent first, then text, then the arguments of tool calls: a limit cuts whatever comes last.
function cutTo(limit: number, draft: Draft): Draft & { readonly short: boolean } {
  const whole =
    countTokens(draft.reasoning) +
    countTokens(draft.text) +
    countTokens(draft.refusal) +
    countCalls(draft.toolCalls)
  if (whole <= limit) return { ...draft, short: false }
  let left = limit
  const take = (text: string): string => {
    const taken = text.slice(0, left * charactersPerToken)
    left -= countTokens(taken)
    return taken
  }
  const reasoning = take(draft.reasoning)
  const text = take(draft.text)
  const refusal = take(draft.refusal)
  const toolCalls = draft.toolCalls.flatMap((call) => {
    left -= countTokens(call.name)
    return left > 0 ? [{ name: call.name, arguments: take(call.arguments) }] : []
  })
  return { reasoning, text, refusal, toolCalls, short: true }
}

function countCalls(calls: readonly AnswerToolCall[]): number {
  return calls.reduce((sum, call) => sum + countTokens(call.name) + countTokens(call.arguments), 0)
}

function finishOf(script: Script, cut: Draft & { readonly short: boolean }): Answer['finish'] {
  if (script.filter) return 'content_filter'
  if (cut.short || script.length) return 'length'
  return cut.toolCalls.length > 0 ? 'tool_calls' : 'stop'
}
