import type { DemoError } from './demo-error.ts'
import { openFields, type OutputItem, wireItem, wirePart } from './response-object.ts'
import { type ServerEvent, splitText } from './send-answer.ts'

type Fields = Readonly<Record<string, unknown>>

/** The events of a streamed response, in the order of the API and numbered from 0. */
export function responseEvents(
  base: Fields,
  items: readonly OutputItem[],
  finished: Fields,
): readonly ServerEvent[] {
  const events: ServerEvent[] = []
  const add = (type: string, fields: Fields): void => {
    events.push({ event: type, data: { type, sequence_number: events.length, ...fields } })
  }
  add('response.created', { response: { ...base, ...openFields('in_progress') } })
  add('response.in_progress', { response: { ...base, ...openFields('in_progress') } })
  items.forEach((item, index) => {
    add('response.output_item.added', { output_index: index, item: wireItem(item, false) })
    addItem(item, (type, fields) => add(type, { item_id: item.id, output_index: index, ...fields }))
    add('response.output_item.done', { output_index: index, item: wireItem(item, true) })
  })
  add(`response.${String(finished['status'])}`, { response: { ...base, ...finished } })
  return events
}

/** The event of an error that comes after the stream began. */
export function responseErrorEvent(error: DemoError): ServerEvent {
  const { message, code } = error
  return { event: 'error', data: { type: 'error', code, message, param: null, sequence_number: 0 } }
}

function addItem(item: OutputItem, add: (type: string, fields: Fields) => void): void {
  if (item.type === 'reasoning') addReasoning(item.text, add)
  else if (item.type === 'message') addMessage(item, add)
  else {
    for (const delta of item.arguments.match(/[^]{1,12}/g) ?? [])
      add('response.function_call_arguments.delta', { delta })
    add('response.function_call_arguments.done', { name: item.name, arguments: item.arguments })
  }
}

function addReasoning(text: string, add: (type: string, fields: Fields) => void): void {
  const at = { summary_index: 0 }
  add('response.reasoning_summary_part.added', { ...at, part: { type: 'summary_text', text: '' } })
  for (const delta of splitText(text)) add('response.reasoning_summary_text.delta', { ...at, delta })
  add('response.reasoning_summary_text.done', { ...at, text })
  add('response.reasoning_summary_part.done', { ...at, part: { type: 'summary_text', text } })
}

function addMessage(
  item: OutputItem & { type: 'message' },
  add: (type: string, fields: Fields) => void,
): void {
  const at = { content_index: 0 }
  add('response.content_part.added', { ...at, part: wirePart(item, false) })
  if (item.refusal === undefined) {
    for (const delta of splitText(item.text))
      add('response.output_text.delta', { ...at, delta, logprobs: [] })
    add('response.output_text.done', { ...at, text: item.text, logprobs: [] })
  } else {
    for (const delta of splitText(item.refusal)) add('response.refusal.delta', { ...at, delta })
    add('response.refusal.done', { ...at, refusal: item.refusal })
  }
  add('response.content_part.done', { ...at, part: wirePart(item, true) })
}
