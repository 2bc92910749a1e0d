import type { ModelCallOptions } from '@pincer/core'
import {
  type AnswerReader,
  type CallWatch,
  isSdkPromise,
  type Method,
  type ResponseProps,
  type TextTaker,
  watchCall,
  watchPromise,
} from '@pincer/core/wrapping'
import type { ModelOperation } from '@pincer/protocol'
import type { OpenAI } from 'openai'

import { chatReader } from './convert-chat.ts'
import { askForUsage, convertRequest, isRareChat, refusesUsage } from './convert-request.ts'
import { dialect, usageHiding } from './dialect.ts'
import type { RequestOptions, Wrapping } from './wrapping.ts'

/** Makes one request to a model: started, sent by the client's own method, watched to its outcome. */
export function callModel(
  client: OpenAI,
  wrapping: Wrapping,
  operation: ModelOperation,
  original: Method,
  body: unknown,
  options?: RequestOptions,
): unknown {
  const { claw, provider, placement, placeKey } = wrapping
  let watch: CallWatch
  let asking: unknown
  try {
    const started = {
      ...convertRequest(body, client),
      ...placement,
      ...options?.[placeKey],
      provider,
      operation,
    }
    asking = wrapping.injectsUsage && askForUsage(body, operation, client)
    const isChat = operation === 'chat' && !isRareChat(started)
    watch = watchCall(claw.startModelCall(started), {
      claw,
      dialect,
      provider,
      model: started.model,
      ...(isChat ? { reader: chatReader } : { load: (call) => loadReader(wrapping, started, call) }),
      ready: started.ready,
      binary: operation === 'speech',
      hiding: asking ? usageHiding : undefined,
      signal: options?.signal,
    })
  } catch (error) {
    claw.report(error, 'openai')
    return original(body, options)
  }
  let answer: unknown
  try {
    answer = original(asking || body, options)
  } catch (error) {
    watch.fail(error)
    throw error
  }
  if (isSdkPromise(answer)) {
    if (asking) answer.responsePromise = answer.responsePromise.catch(sendAgain)
    watchPromise(answer, watch)
  } else {
    // A method that was replaced may answer with anything; a plain promise is observed beside the caller.
    Promise.resolve(answer).then(watch.whole, watch.fail)
  }
  return answer

  // Where the service refuses the field that we added, the request goes out once more without it. Nothing is billed
  // twice: a request that is refused for a field it does not know was never given to a model.
  function sendAgain(error: unknown): Promise<ResponseProps> {
    if (!refusesUsage(error)) throw error
    watch.hiding = undefined
    wrapping.injectsUsage = false
    const second = original(body, options)
    if (!isSdkPromise(second)) throw error
    return second.responsePromise
  }
}

// What only some calls need is loaded while their request is on its way.
async function loadReader(
  wrapping: Wrapping,
  started: ModelCallOptions,
  watch: CallWatch,
): Promise<AnswerReader<TextTaker>> {
  const { createReader } = await import('./other-readers.ts')
  return createReader(wrapping, started, watch, chatReader)
}
