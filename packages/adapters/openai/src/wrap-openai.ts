import type { Claw } from '@pincer/core'
import {
  clawsOf,
  isSdkPromise,
  type Method,
  patchMethod,
  replaceHidden,
  watchPromise,
} from '@pincer/core/wrapping'
import { PincerError } from '@pincer/protocol'
import type { OpenAI } from 'openai'

import { callModel } from './call-model.ts'
import { cloneOpenAI, inheritedOptions } from './clone-client.ts'
import { convertProvider } from './convert-request.ts'
import { followMethods, modelMethods } from './resources.ts'
import { runTools } from './run-tools.ts'
import type { RequestOptions, Wrapping, WrapOpenAIOptions } from './wrapping.ts'

const clawsKey = Symbol.for('pincer.openai.claws')

/**
 * Reports every model call of an official `openai` client, and every tool call of its tool loops.
 *
 * The result is a client of the same class that does what the given one does; the given one stays untouched. Only a
 * client whose class cannot be copied by `withOptions` is patched in place and returned itself. Wrapping a wrapped
 * client again for the same claw changes nothing.
 *
 * @throws PincerError with code `invalid_option` for what is no client, no claw, or an unknown `streamUsage`
 * @example
 * const openai = wrapOpenAI(new OpenAI(), claw)
 * const answer = await openai.chat.completions.create({ model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Hello' }] })
 */
export function wrapOpenAI<Client extends OpenAI>(
  client: Client,
  claw: Claw,
  options: WrapOpenAIOptions = {},
): Client {
  const { streamUsage = 'inject', provider, ...placement } = options
  expect('withOptions' in Object(client), 'an OpenAI client')
  expect('startModelCall' in Object(claw), 'a claw of createClient')
  expect(streamUsage === 'inject' || streamUsage === 'off', 'streamUsage inject or off')
  if (clawsOf(client, clawsKey).includes(claw)) return client
  return patchClient(cloneOpenAI(client), {
    claw,
    placement,
    placeKey: Symbol(),
    provider: provider ?? convertProvider(client),
    injectsUsage: streamUsage !== 'off',
  })
}

function expect(isGiven: boolean, expected: string): void {
  if (!isGiven) throw new PincerError('invalid_option', `wrapOpenAI: expected ${expected}`)
}

function patchClient<Client extends OpenAI>(client: Client, wrapping: Wrapping): Client {
  replaceHidden(client, clawsKey, [...clawsOf(client, clawsKey), wrapping.claw])
  for (const [path, operation] of modelMethods) {
    patchMethod(
      client,
      path,
      (original) => (body: unknown, options?: RequestOptions) =>
        callModel(client, wrapping, operation, original, body, options),
    )
  }
  for (const path of followMethods) patchMethod(client, path, (original) => follow(wrapping, original))
  patchMethod(
    client,
    'chat.completions.runTools',
    (original) => (body: unknown, options?: RequestOptions) => runTools(wrapping, original, body, options),
  )
  patchMethod(
    client,
    'withOptions',
    (original) => (options: object) =>
      patchClient(original({ ...inheritedOptions(client), ...options }) as Client, wrapping),
  )
  return client
}

// Lets the call of a background response see what is asked about it later.
function follow(wrapping: Wrapping, original: Method): Method {
  return (...parameters) => {
    const promise = original(...parameters)
    const watch = wrapping.background?.get(parameters[0])
    if (watch && isSdkPromise(promise)) watchPromise(promise, watch)
    return promise
  }
}
