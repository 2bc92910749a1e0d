import type { OpenAI } from 'openai'

import { CallWatch } from './call-watch.ts'
import { askForUsage, convertRequest, refusesUsage } from './convert-request.ts'
import { isSdkPromise, type SdkPromise } from './parse-sdk.ts'
import type { ModelMethod } from './resources.ts'
import { WatchedPromise } from './watch-promise.ts'
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
  const watch = startCall(client, wrapping, method, body, options)
  if (watch === undefined) return original(body, options)
  let asking: unknown
  let answer: unknown
  watch.guard(() => {
    if (method[0].endsWith('completions.create') && wrapping.injectsUsage) asking = askForUsage(body, client)
    watch.hidesUsage = asking !== undefined
  })
  try {
    answer = original(asking ?? body, options)
  } catch (error) {
    watch.fail(error)
    throw error
  }
  watch.guard(() => {
    if (!isSdkPromise(answer)) {
      // A method that was replaced may answer with anything; a plain promise is observed beside the caller.
      Promise.resolve(answer).then(
        (value) => watch.whole(value),
        (error: unknown) => watch.fail(error),
      )
      return
    }
    const promise =
      asking === undefined
        ? answer
        : withoutRefusal(answer, client, () => {
            watch.hidesUsage = wrapping.injectsUsage = false
            return original(body, options)
          })
    promise.responsePromise.then(
      () => watch.arrived(),
      (error: unknown) => watch.fail(error),
    )
    answer = new WatchedPromise(watch).attach(promise)
  })
  return answer
}

function startCall(
  client: OpenAI,
  wrapping: Wrapping,
  method: ModelMethod,
  body: unknown,
  options: RequestOptions | undefined,
): CallWatch | undefined {
  const { claw, provider, options: given } = wrapping
  const [, operation, inputField] = method
  try {
    const request = convertRequest(body, inputField)
    const model = request.model || String((client as { deploymentName?: string }).deploymentName ?? '')
    const parent = options?.[parentKey] ?? given.parent
    const call = claw.startModelCall({
      ...request,
      model,
      provider,
      operation,
      ...(parent && { parent }),
      ...(given.runName && { runName: given.runName }),
    })
    const background = request.parameters?.['background'] === true
    return new CallWatch(wrapping, method, call, { model, signal: options?.signal, background })
  } catch (error) {
    claw.report(error, 'openai: starting a model call')
    return undefined
  }
}

type PromiseClass = new (
  client: unknown,
  responsePromise: SdkPromise['responsePromise'],
  parseResponse: SdkPromise['parseResponse'],
) => SdkPromise

/**
 * The same promise, but where the service refuses the field that we added, the request goes out once more without it.
 *
 * Nothing is billed twice: a request that is refused for a field it does not know was never given to a model.
 */
function withoutRefusal(promise: SdkPromise, client: OpenAI, again: () => unknown): SdkPromise {
  const responsePromise = promise.responsePromise.catch((error: unknown) => {
    const second = refusesUsage(error) ? again() : undefined
    if (isSdkPromise(second)) return second.responsePromise
    throw error
  })
  return new (promise.constructor as PromiseClass)(client, responsePromise, promise.parseResponse)
}
