import { isJsonObject, parseJson } from './parse-json.ts'
import type { JsonObject } from '@pincer/protocol'

/** A tool call that the user's text spells out; without `input` the arguments are made from the words around it. */
interface ScriptedToolCall {
  readonly name: string
  readonly input: JsonObject | undefined
}

/** What the `[[…]]` marks of one user text ask for. */
export interface Script {
  /** The text without its marks. */
  readonly words: string
  readonly toolCalls: readonly ScriptedToolCall[]
  /** Answer with this HTTP status; `times` attempts only, where it is given. */
  readonly error?: { readonly status: number; readonly times: number }
  /** Milliseconds to wait before the answer, or before every piece of a stream. */
  readonly slowMs: number
  /** Write that many words. */
  readonly wordCount: number
  readonly cut: boolean
  readonly errorMidstream: boolean
  readonly refuse: boolean
  readonly filter: boolean
  readonly length: boolean
  readonly reason: boolean
}

const longestWaitMs = 60_000
const mostWords = 100_000
const longestMark = 16_384
const mostToolMarks = 64
const plainMarks = ['cut', 'error-midstream', 'refuse', 'filter', 'length', 'reason']

/** Reads the marks of a text; a mark that is not known stays part of the words. */
export function parseScript(text: string): Script {
  const marks = new Set<string>()
  const toolCalls: ScriptedToolCall[] = []
  let error: Script['error']
  let slowMs = 0
  let wordCount = 0
  let words = ''
  let toolMarks = 0
  let at = 0
  while (at < text.length) {
    const open = text.indexOf('[[', at)
    if (open < 0) break
    words += text.slice(at, open)
    const tool = toolMarks++ < mostToolMarks ? parseToolMark(text, open) : undefined
    const plain = /^\[\[([a-z-]+)(?::(\d{1,9})(?:x(\d{1,3}))?)?\]\]/.exec(text.slice(open, open + 64))
    const [whole = '', name = '', count, times] = plain ?? []
    if (tool !== undefined) toolCalls.push(tool.call)
    else if (name === 'error' && isErrorStatus(count))
      error = { status: Number(count), times: Number(times ?? Infinity) }
    else if (name === 'slow' && count !== undefined) slowMs = Math.min(Number(count), longestWaitMs)
    else if (name === 'words' && count !== undefined) wordCount = Math.min(Number(count), mostWords)
    else if (plainMarks.includes(name) && count === undefined) marks.add(name)
    else {
      words += '[['
      at = open + 2
      continue
    }
    at = tool?.end ?? open + whole.length
  }
  return {
    words: `${words}${text.slice(at)}`.replaceAll(/\s+/g, ' ').trim(),
    toolCalls,
    ...(error === undefined ? {} : { error }),
    slowMs,
    wordCount,
    cut: marks.has('cut'),
    errorMidstream: marks.has('error-midstream'),
    refuse: marks.has('refuse'),
    filter: marks.has('filter'),
    length: marks.has('length'),
    reason: marks.has('reason'),
  }
}

/** The part of a user text that steers one step: `[[then]]` parts the steps of a tool loop. */
export function scriptForStep(userText: string, step: number): Script {
  return parseScript(userText.split('[[then]]')[step] ?? '')
}

function isErrorStatus(count: string | undefined): boolean {
  return count !== undefined && Number(count) >= 400 && Number(count) <= 599
}

// Arguments may hold "]]" themselves, so the end of the mark is the first one behind complete JSON.
function parseToolMark(text: string, open: number): { call: ScriptedToolCall; end: number } | undefined {
  const head = /^\[\[tool:([\w.-]{1,128})\s*/.exec(text.slice(open, open + 256))
  if (head === null) return undefined
  const start = open + head[0].length
  const name = head[1] ?? ''
  for (
    let end = text.indexOf(']]', start);
    end >= 0 && end - start < longestMark;
    end = text.indexOf(']]', end + 1)
  ) {
    const json = text.slice(start, end).trim()
    if (json === '') return { call: { name, input: undefined }, end: end + 2 }
    const input = parseJson(json)
    if (isJsonObject(input)) return { call: { name, input }, end: end + 2 }
  }
  return undefined
}
