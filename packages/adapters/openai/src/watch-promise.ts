import type { CallWatch } from './call-watch.ts'
import { isSdkStream, type ResponseProps, type SdkPromise } from './parse-sdk.ts'
import { watchStream } from './watch-stream.ts'

/**
 * Lets a watch see the answer when the caller takes it.
 *
 * The promise stays the object it is and as lazy as it is: nothing here makes it parse.
 */
export class WatchedPromise {
  readonly #watch: CallWatch
  #seen = false
  #tapped: Promise<Response> | undefined

  constructor(watch: CallWatch) {
    this.#watch = watch
  }

  /** Watches one promise of the request; what is derived from it is watched with it. */
  attach(promise: SdkPromise): SdkPromise {
    const { parseResponse, asResponse, _thenUnwrap } = promise
    promise.parseResponse = (client, props) =>
      parseResponse.call(promise, client, props).then(
        (value) => (this.#watch.binary ? this.#tap(props) : this.#see(value, props)),
        (error: unknown) => {
          this.#watch.fail(error)
          throw error
        },
      )
    // `parse` and the stream helpers build on this; they see what we have seen.
    promise._thenUnwrap = (transform) =>
      this.attach(_thenUnwrap.call(promise, (value, props) => transform(this.#see(value, props), props)))
    promise.asResponse = () =>
      // Asked by `withResponse`, where the body belongs to the parser.
      promise.parsedPromise
        ? asResponse.call(promise)
        : promise.responsePromise.then((props) => this.#tap(props))
    if (this.#watch.binary) {
      // Bytes are handed out as the response itself: data and response must stay one object.
      promise.withResponse = async () => {
        const data = await promise
        const { response } = await promise.responsePromise
        return { data, response: data, request_id: requestId(response) }
      }
    }
    return promise
  }

  #see(value: unknown, props: ResponseProps): unknown {
    const watch = this.#watch
    if (this.#seen || watch.binary) return value
    this.#seen = true
    watch.guard(() => {
      watch.requestId = requestId(props.response) ?? undefined
      if (isSdkStream(value)) watchStream(value, watch)
      else watch.whole(value)
    })
    return value
  }

  #tap({ response, controller }: ResponseProps): Promise<Response> {
    const watch = this.#watch
    watch.requestId = requestId(response) ?? undefined
    // Loaded when it is first needed: most programs never take a response as it is.
    this.#tapped ??= import('./tap-response.ts').then(
      ({ tapResponse }) => tapResponse(response, controller.signal, watch),
      (error: unknown) => {
        watch.fail(error)
        return response
      },
    )
    return this.#tapped
  }
}

function requestId(response: Response): string | null {
  return response.headers.get('x-request-id')
}
