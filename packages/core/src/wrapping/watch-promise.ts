import type { CallWatch } from './call-watch.ts'
import { loadTap } from './load-tap.ts'
import { isSdkStream, type SdkPromise } from './parse-sdk.ts'
import { watchStream } from './watch-stream.ts'

/**
 * Lets a watch see the answer when the caller takes it.
 *
 * The promise stays the object it is and as lazy as it is: nothing here makes it parse. What it rests on is replaced by
 * what follows from it, so that a failure nobody waits for is as unhandled for the host as it was.
 */
export function watchPromise(promise: SdkPromise, watch: CallWatch): void {
  const responsePromise = promise.responsePromise.then((props) => watch.arrived(props), watch.reject)
  const { binary, describeHead } = watch
  let seen = false
  let tapped: Promise<Response> | undefined

  function see(value: unknown): unknown {
    if (seen || binary) return value
    seen = true
    if (isSdkStream(value)) watchStream(value, watch)
    else watch.whole(value)
    return value
  }

  function tap(response: Response): Promise<Response> {
    tapped ??= loadTap().then(
      ({ tapResponse }) => tapResponse(response, watch),
      (error: unknown) => {
        watch.fail(error)
        return response
      },
    )
    return tapped
  }

  // What is derived from the promise is watched with it.
  function attach(derived: SdkPromise): SdkPromise {
    const { parseResponse, asResponse, _thenUnwrap } = derived
    derived.responsePromise = responsePromise
    derived.parseResponse = (client, props) =>
      parseResponse
        .call(derived, client, props)
        .then((value) => (binary ? tap(props.response) : see(value)), watch.reject)
    // `parse` and the stream helpers build on this; they see what we have seen.
    derived._thenUnwrap = (transform) =>
      attach(_thenUnwrap.call(derived, (value, props) => transform(see(value), props)))
    derived.asResponse = async () => {
      const response = await asResponse.call(derived)
      // A body that is parsed belongs to the parser; bytes are handed out as one response however they are asked for.
      return derived.parsedPromise && !binary ? response : tap(response)
    }
    if (describeHead)
      derived.withResponse = async () => {
        const data = await derived
        const { response } = await responsePromise
        return { data, response: binary ? data : response, ...describeHead(response) }
      }
    if (derived._responseProps)
      derived._responseProps = async () => {
        const props = await responsePromise
        // A stream is parsed by whoever asks for this, and a whole answer by this promise.
        return props.options?.stream ? { ...props, response: await tap(props.response) } : props
      }
    return derived
  }
  attach(promise)
}
