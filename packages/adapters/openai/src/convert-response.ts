import type { Answer, AnswerReader, Collector, TextTaker } from '@pincer/core/wrapping'

/** Makes a reader of answers of the Responses API. */
export function createResponseReader(): AnswerReader<TextTaker> {
  return { read: readResponse, collect: (taker) => new ResponseCollector(taker) }
}

function readResponse(value: any): Answer {
  const status = value.status ?? (value.object === undefined ? 'in_progress' : 'completed')
  const reason = value.incomplete_details?.reason
  const answer: Answer = {
    outcome: outcomeOf(status, reason, value.output),
    finished: !isOpen(status),
    output: value.output,
    usage: value.usage,
    model: value.model,
    finishReason: reason ?? status,
    responseId: value.id,
  }
  if (status === 'cancelled')
    return { ...answer, settle: (call, result) => call.cancel('cancelled at the provider', result) }
  if (status !== 'failed') return answer
  // A plain copy, so that the recorder finds message and code.
  const failure = Object.assign(new Error('the response failed'), value.error)
  return { ...answer, settle: (call, result, error) => call.fail(error ?? failure, result) }
}

function outcomeOf(status: string, reason: unknown, output: any): Answer['outcome'] {
  if (status === 'incomplete') return reason === 'content_filter' ? reason : 'length'
  for (const item of output ?? []) {
    if (Array.isArray(item?.content) && item.content.some((part: any) => part?.type === 'refusal'))
      return 'refusal'
  }
  return 'ok'
}

class ResponseCollector implements Collector {
  readonly #taker: TextTaker
  #response: any = {}
  #text = ''
  readonly #items: unknown[] = []

  constructor(taker: TextTaker) {
    this.#taker = taker
  }

  get value(): unknown {
    const response = this.#response
    if (response.output?.length > 0) return response
    const items = [...this.#items]
    if (this.#text !== '') {
      items.push({
        type: 'message',
        role: 'assistant',
        status: 'incomplete',
        content: [{ type: 'output_text', text: this.#text }],
      })
    }
    return { ...response, output: items }
  }

  add(event: any): void {
    switch (event.type) {
      case 'response.output_text.delta':
        this.#text += event.delta
        this.#taker.delta(event.delta)
        return
      case 'response.reasoning_text.delta':
      case 'response.reasoning_summary_text.delta':
        this.#taker.thinking(event.delta)
        return
      case 'response.output_item.done':
        this.#items.push(event.item)
        if (event.item?.type === 'message') this.#text = ''
        break
      case 'error':
        this.#response = {
          ...this.#response,
          status: 'failed',
          error: { message: event.message, code: event.code },
        }
        return
      default:
        if (event.response) {
          // The helper of the older client goes on to change this object: the end is read at once, the start is copied.
          const response = event.response
          this.#response = { ...response, output: isOpen(response.status) ? undefined : response.output }
          return
        }
    }
    this.#taker.touch()
  }
}

function isOpen(status: unknown): boolean {
  return status === 'queued' || status === 'in_progress'
}
