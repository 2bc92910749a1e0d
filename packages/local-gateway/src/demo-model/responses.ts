import { type Answer, answerPrompt } from './answer.ts'
import type { DemoContext } from './demo-context.ts'
import { DemoError } from './demo-error.ts'
import { readResponsesRequest } from './parse-responses-request.ts'
import type { Prompt, PromptMessage } from './prompt.ts'
import { responseErrorEvent, responseEvents } from './response-events.ts'
import {
  cancelledFields,
  failedFields,
  finishedFields,
  openFields,
  type OutputItem,
  outputItems,
  responseBase,
} from './response-object.ts'
import type { KeptResponse, ResponseShelf } from './response-shelf.ts'
import { beginAnswer, sendEvents, sendJson } from './send-answer.ts'

type Fields = Readonly<Record<string, unknown>>

/** `POST /responses`. */
export async function createResponse(
  request: Request,
  shelf: ResponseShelf,
  context: DemoContext,
): Promise<Response> {
  const asked = await readResponsesRequest(request)
  const { stream, background } = asked
  const prompt = asked.prompt(earlierMessages(asked.previousResponseId, shelf))
  const answer = answerPrompt(prompt)
  if (!background) await beginAnswer(answer.script, stream, context)
  const base = responseBase(asked, context)
  const items = outputItems(answer, context)
  const finished = finishedFields(answer, items)
  const messages = [...prompt.messages.filter((message) => message.role !== 'system'), answerMessage(items)]
  const id = String(base['id'])
  if (background) {
    const kept = backgroundResponse(id, base, messages, answer, finished, context.now)
    shelf.keep(kept)
    return sendJson({ ...base, ...openFields('queued') }, answer.script, context)
  }
  if (asked.store) shelf.keep({ id, messages, current: () => ({ ...base, ...finished }), cancel: () => {} })
  if (!stream) return sendJson({ ...base, ...finished }, answer.script, context)
  const events = responseEvents(base, items, finished)
  return sendEvents(events, answer.script, { error: responseErrorEvent }, context)
}

/** `GET /responses/{id}`. */
export function getResponse(id: string, shelf: ResponseShelf, context: DemoContext): Response {
  return Response.json(find(id, shelf).current(), { headers: context.headers })
}

/** `POST /responses/{id}/cancel`. */
export function cancelResponse(id: string, shelf: ResponseShelf, context: DemoContext): Response {
  const kept = find(id, shelf)
  kept.cancel()
  return Response.json(kept.current(), { headers: context.headers })
}

/** `DELETE /responses/{id}`. */
export function deleteResponse(id: string, shelf: ResponseShelf, context: DemoContext): Response {
  shelf.remove(find(id, shelf).id)
  return Response.json({ id, object: 'response', deleted: true }, { headers: context.headers })
}

function find(id: string, shelf: ResponseShelf): KeptResponse {
  const kept = shelf.get(id)
  if (kept === undefined)
    throw new DemoError(404, `There is no response "${id}"; only the newest are kept.`, 'not_found', 'id')
  return kept
}

function earlierMessages(id: string | undefined, shelf: ResponseShelf): Prompt['messages'] {
  if (id === undefined) return []
  const kept = shelf.get(id)
  if (kept !== undefined) return kept.messages
  throw new DemoError(
    400,
    `There is no response "${id}" to go on from.`,
    'previous_response_not_found',
    'previous_response_id',
  )
}

// Queued at first, in progress when asked once, then done: the same for everybody who polls, but never before `slowMs`.
function backgroundResponse(
  id: string,
  base: Fields,
  messages: readonly PromptMessage[],
  answer: Answer,
  finished: Fields,
  now: () => number,
): KeptResponse {
  const readyAt = now() + answer.script.slowMs
  const end =
    answer.script.error === undefined ? finished : failedFields('The script of this demo asks for an error.')
  let asked = 0
  let cancelled = false
  const isDone = (): boolean => asked > 1 && now() >= readyAt
  return {
    id,
    messages,
    current() {
      if (cancelled) return { ...base, ...cancelledFields() }
      asked++
      return { ...base, ...(isDone() ? end : openFields('in_progress')) }
    },
    cancel() {
      cancelled = !isDone()
    },
  }
}

function answerMessage(items: readonly OutputItem[]): PromptMessage {
  const text = items.flatMap((item) => (item.type === 'message' ? [item.refusal ?? item.text] : [])).join('')
  const toolCalls = items.flatMap((item) =>
    item.type === 'function_call' ? [{ id: item.callId, name: item.name, arguments: item.arguments }] : [],
  )
  return { role: 'assistant', text, ...(toolCalls.length === 0 ? {} : { toolCalls }) }
}
