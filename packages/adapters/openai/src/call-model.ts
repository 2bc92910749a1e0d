import type { OpenAI } from 'openai'

import { CallWatch } from './call-watch.ts'
import { askForUsage, convertRequest, refusesUsage } from './convert-request.ts'
import { isSdkPromise, type ResponseProps } from './parse-sdk.ts'
import type { ModelMethod } from './resources.ts'
import { watchPromise } from './watch-promise.ts'
import { type Method, parentKey, type RequestOptions, type Wrapping } from './wrapping.ts'

/** Makes one request to a model: started, sent by the client's own method, watched to its outcome. */
export function callModel(
  client: OpenAI,
  wrapping: Wrapping,
  method: ModelMethod,
  original: Method,
  body: unknown,
  options?: RequestOptions,
): unknown {
  const { claw, provider, placement } = wrapping
  const [, operation, inputField, reader] = method
  let watch: CallWatch
  let asking: unknown
  try {
    const { background, ...request } = convertRequest(body, inputField, client)
    const parent = options?.[parentKey]
    const call = claw.startModelCall({ ...request, provider, operation, ...placement, ...(parent && { parent }) })
    watch = new CallWatch(wrapping, call, { operation, model: request.model, background, signal: options?.signal }, reader)
    if (reader && wrapping.injectsUsage) asking = askForUsage(body, client)
    watch.hidesUsage = asking !== undefined
  } catch (error) {
    claw.report(error, 'openai: starting a model call')
    return original(body, options)
  }
  let answer: unknown
  try {
    answer = original(asking ?? body, options)
  } catch (error) {
    return watch.reject(error)
  }
  watch.guard(() => {
    if (isSdkPromise(answer)) {
      if (asking) answer.responsePromise = answer.responsePromise.catch(sendAgain)
      watchPromise(answer, watch)
    } else {
      // A method that was replaced may answer with anything; a plain promise is observed beside the caller.
      Promise.resolve(answer).then(
        (value) => watch.whole(value),
        (error: unknown) => watch.fail(error),
      )
    }
  })
  return answer

  // Where the service refuses the field that we added, the request goes out once more without it. Nothing is billed
  // twice: a request that is refused for a field it does not know was never given to a model.
  function sendAgain(error: unknown): Promise<ResponseProps> {
    if (!refusesUsage(error)) throw error
    watch.hidesUsage = wrapping.injectsUsage = false
    const second = original(body, options)
    if (!isSdkPromise(second)) throw error
    return second.responsePromise
  }
}
