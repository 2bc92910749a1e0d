import { namesOf, type Part, partsOf } from './parts.ts'
import { isPlainJson } from './plain-json.ts'
import { usageBreaches } from './usage-rules.ts'

/** What a stream is known to be, beside its parts. */
export interface RuleOptions {
  /** False where the reader left, or reading failed, before the end; true. */
  readonly isWhole?: boolean
  /** Names of the caller's own tools; all others are the gateway's. */
  readonly clientTools?: readonly string[]
  /** Ids of calls that an earlier step has told: their results stand alone, so that a chat shows each call once. */
  readonly earlierCalls?: readonly string[]
}

/** What the parts of a stream break of the rules that every V4 model keeps; empty where they keep them all. */
export function streamBreaches(
  parts: readonly Part[],
  { isWhole = true, clientTools = [], earlierCalls = [] }: RuleOptions = {},
): string[] {
  return [
    ...orderBreaches(parts, isWhole),
    ...blockBreaches(parts, isWhole),
    ...toolBreaches(parts, clientTools, earlierCalls),
    ...approvalBreaches(parts),
    ...metadataBreaches(parts),
    ...partsOf(parts, 'finish').flatMap(({ usage }) => usageBreaches(usage)),
  ].map((breach) => `${breach} [${namesOf(parts)}]`)
}

function orderBreaches(parts: readonly Part[], isWhole: boolean): string[] {
  const found: string[] = []
  const starts = partsOf(parts, 'stream-start').length
  if (parts.length > 0 && parts[0]?.type !== 'stream-start')
    found.push('the stream does not begin with stream-start')
  if (starts > 1) found.push(`stream-start comes ${starts} times`)
  const finishes = partsOf(parts, 'finish').length
  if (finishes > 1) found.push(`finish comes ${finishes} times`)
  if (isWhole && finishes === 0) found.push('the stream ends without finish')
  const finish = parts.findIndex(({ type }) => type === 'finish')
  if (finish >= 0 && finish < parts.length - 1) found.push(`${parts[finish + 1]?.type} comes after finish`)
  const metadata = partsOf(parts, 'response-metadata').length
  if (metadata > 1) found.push(`response-metadata comes ${metadata} times`)
  const failed = parts.findIndex(({ type }) => type === 'error')
  const unified = partsOf(parts, 'finish')[0]?.finishReason.unified
  if (failed >= 0 && isWhole && unified !== 'error') found.push(`an error part, but finish says ${unified}`)
  if (failed < 0 && unified === 'error') found.push('finish says error, but there is no error part')
  const answer = parts.findIndex(
    ({ type }) => !['stream-start', 'response-metadata', 'raw', 'ping'].includes(type),
  )
  const named = parts.findIndex(({ type }) => type === 'response-metadata')
  if (named >= 0 && answer >= 0 && answer < named)
    found.push('response-metadata comes after the answer has begun')
  return found
}

function blockBreaches(parts: readonly Part[], isWhole: boolean): string[] {
  const found: string[] = []
  const open = new Set<string>()
  const used = new Set<string>()
  for (const part of parts) {
    if (part.type === 'finish' && open.size > 0) found.push(`${[...open].join(', ')} is open at the end`)
    const [, kind = '', step = ''] = /^(text|reasoning|tool-input)-(start|delta|end)$/.exec(part.type) ?? []
    if (kind === '' || !('id' in part)) continue
    const block = `the ${kind} ${String(part.id)}`
    if (step === 'start') {
      if (used.has(block)) found.push(`${block} starts twice`)
      used.add(block)
      open.add(block)
    } else if (step === 'delta') {
      if (!open.has(block)) found.push(`a piece of ${block} stands outside of it`)
      if ('delta' in part && part.delta === '') found.push(`a piece of ${block} is empty`)
    } else if (!open.delete(block)) found.push(`${block} ends without being open`)
  }
  if (isWhole && open.size > 0) found.push(`${[...open].join(', ')} is never closed`)
  return found
}

function toolBreaches(
  parts: readonly Part[],
  clientTools: readonly string[],
  earlierCalls: readonly string[],
): string[] {
  const found: string[] = []
  const calls = new Map<string, string>()
  const inputs = new Map<string, string>()
  const names = new Map<string, string>()
  const answered = new Set<string>()
  for (const part of parts) {
    if (part.type === 'tool-input-start') {
      names.set(part.id, part.toolName)
      inputs.set(part.id, '')
      if (calls.has(part.id)) found.push(`the input of ${part.id} starts after its tool-call`)
      if (isOwn(part.toolName) && !(part.providerExecuted && part.dynamic))
        found.push(`the tool-input-start of ${part.toolName} is not marked as the gateway's own`)
    } else if (part.type === 'tool-input-delta') {
      inputs.set(part.id, `${inputs.get(part.id) ?? ''}${part.delta}`)
    } else if (part.type === 'tool-call') {
      const { toolCallId, toolName, input } = part
      if (toolCallId === '' || toolName === '') found.push('a tool-call without an id or a name')
      if (calls.has(toolCallId)) found.push(`the tool-call ${toolCallId} comes twice`)
      calls.set(toolCallId, toolName)
      if (!isJson(input)) found.push(`the input of ${toolCallId} is no JSON: ${String(input)}`)
      const told = inputs.get(toolCallId)
      if (told !== undefined && told !== input)
        found.push(`the input of ${toolCallId} differs from its pieces`)
      if (told !== undefined && names.get(toolCallId) !== toolName)
        found.push(`the tool of ${toolCallId} differs from that of its input`)
      const isMarked = part.providerExecuted === true && part.dynamic === true
      if (isOwn(toolName) && !isMarked)
        found.push(`the tool-call of ${toolName} is not marked as the gateway's own`)
      if (!isOwn(toolName) && part.providerExecuted === true)
        found.push(`the tool-call of ${toolName} is marked as the gateway's, but is the caller's`)
    } else if (part.type === 'tool-result') {
      const { toolCallId, toolName, result } = part
      if (!calls.has(toolCallId)) {
        if (!earlierCalls.includes(toolCallId))
          found.push(`a tool-result of ${toolCallId} comes before its call`)
      } else if (calls.get(toolCallId) !== toolName)
        found.push(`the tool-result of ${toolCallId} names ${toolName}`)
      if (answered.has(toolCallId)) found.push(`a tool-result of ${toolCallId} comes after its last one`)
      if (part.preliminary !== true) answered.add(toolCallId)
      if (result === undefined || result === null || !isPlainJson(result))
        found.push(`the result of ${toolCallId} is no JSON value`)
      if (!isOwn(toolName)) found.push(`a tool-result of ${toolName}, which is the caller's own tool`)
      else if (part.dynamic !== true) found.push(`the tool-result of ${toolName} is not marked as dynamic`)
    }
  }
  return found

  function isOwn(name: string): boolean {
    return !clientTools.includes(name)
  }
}

function approvalBreaches(parts: readonly Part[]): string[] {
  const called = new Set<string>()
  const answered = new Set<string>()
  const asked = new Set<string>()
  const found: string[] = []
  for (const part of parts) {
    if (part.type === 'tool-call') called.add(part.toolCallId)
    if (part.type === 'tool-result' && part.preliminary !== true) answered.add(part.toolCallId)
    if (part.type !== 'tool-approval-request') continue
    if (!called.has(part.toolCallId)) found.push(`${part.approvalId} is asked before its tool-call`)
    if (answered.has(part.toolCallId)) found.push(`${part.approvalId} is asked after its tool-result`)
    if (asked.has(part.approvalId)) found.push(`${part.approvalId} is asked twice`)
    asked.add(part.approvalId)
  }
  return found
}

// Whatever travels in messages has to survive JSON.
function metadataBreaches(parts: readonly Part[]): string[] {
  return parts.flatMap((part) => {
    const metadata: unknown = 'providerMetadata' in part ? part.providerMetadata : undefined
    if (metadata === undefined) return []
    const { pincer, ...others } = Object(metadata)
    if (Object.keys(others).length > 0) return [`providerMetadata of ${part.type} has other keys than pincer`]
    if (typeof pincer !== 'object' || pincer === null)
      return [`providerMetadata.pincer of ${part.type} is no object`]
    return isPlainJson(pincer) ? [] : [`providerMetadata of ${part.type} is not plain JSON`]
  })
}

function isJson(text: unknown): boolean {
  if (typeof text !== 'string') return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
