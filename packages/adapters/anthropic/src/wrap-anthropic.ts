import type { BaseAnthropic } from '@anthropic-ai/sdk'
import type { Claw } from '@pincer/core'
import { PincerError } from '@pincer/protocol'

import { callModel } from './call-model.ts'
import { convertProvider } from './convert-request.ts'
import { readBatch } from './read-batch.ts'
import { runTools, watchThread } from './run-tools.ts'
import type { WrapAnthropicOptions, Wrapping } from './wrapping.ts'
import { cloneClient } from './wrapping/clone-client.ts'
import { clawsOf, patchMethod, replaceHidden } from './wrapping/patch-client.ts'

const clawsKey = Symbol.for('pincer.anthropic.claws')

/**
 * Reports every model call of an official Anthropic client, and every tool call of its tool loops; those of the Bedrock
 * and Vertex clients too.
 *
 * The result is a client of the same class that does what the given one does; the given one stays untouched. Only a
 * client whose class cannot be copied by `withOptions` is patched in place and returned itself. Wrapping a wrapped
 * client again for the same claw changes nothing.
 *
 * @throws PincerError with code `invalid_option` for what is no client or no claw
 * @example
 * const anthropic = wrapAnthropic(new Anthropic(), claw)
 * const message = await anthropic.messages.create({ model: 'claude-opus-5', max_tokens: 1024, messages: [{ role: 'user', content: 'Hello' }] })
 */
export function wrapAnthropic<Client extends BaseAnthropic>(
  client: Client,
  claw: Claw,
  options: WrapAnthropicOptions = {},
): Client {
  const { provider, ...placement } = options
  expect('withOptions' in Object(client), 'an Anthropic client')
  expect('startModelCall' in Object(claw), 'a claw of createClient')
  if (clawsOf(client, clawsKey).includes(claw)) return client
  return patchClient(cloneClient(client, inheritedOptions(client)), {
    claw,
    placement,
    placeKey: Symbol(),
    provider: provider ?? convertProvider(client),
    reported: new Set(),
  })
}

function expect(isGiven: boolean, expected: string): void {
  if (!isGiven) throw new PincerError('invalid_option', `wrapAnthropic: expected ${expected}`)
}

function patchClient<Client extends BaseAnthropic>(client: Client, wrapping: Wrapping): Client {
  replaceHidden(client, clawsKey, [...clawsOf(client, clawsKey), wrapping.claw])
  patchMethod(
    client,
    'messages.create',
    (original) => (body, options) => callModel(client, wrapping, 'answer', original, body, options),
  )
  patchMethod(
    client,
    'messages.countTokens',
    (original) => (body, options) => callModel(client, wrapping, 'count', original, body, options),
  )
  patchMethod(
    client,
    'messages.batches.results',
    (original) =>
      (id, ...rest) =>
        readBatch(wrapping, original, id, rest),
  )
  patchMethod(
    client,
    'messages.toolRunner',
    (original) => (body, options) => runTools(wrapping, original, body, options),
  )
  patchMethod(
    client,
    'messages.thread',
    (original) =>
      (...parameters) =>
        watchThread(wrapping, original(...parameters)),
  )
  patchMethod(
    client,
    'withOptions',
    (original) => (options) =>
      patchClient(original({ ...inheritedOptions(client), ...options }) as Client, wrapping),
  )
  return client
}

// What `withOptions` makes anew, though it is costly: the credentials that the Vertex client has found.
function inheritedOptions(client: BaseAnthropic): object {
  const { _auth: googleAuth }: { readonly _auth?: unknown } = client as object
  return googleAuth ? { googleAuth } : {}
}
