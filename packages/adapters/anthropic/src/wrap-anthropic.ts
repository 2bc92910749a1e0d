import type { BaseAnthropic } from '@anthropic-ai/sdk'
import type { Claw } from '@pincer/core'
import { clawsOf, cloneClient, patchMethod, replaceHidden } from '@pincer/core/wrapping'
import { PincerError } from '@pincer/protocol'

import { callModel, type Purpose } from './call-model.ts'
import { convertProvider } from './convert-request.ts'
import { dialect } from './dialect.ts'
import { makeThread } from './make-thread.ts'
import { readBatch } from './read-batch.ts'
import { runTools } from './run-tools.ts'
import type { RequestOptions, WrapAnthropicOptions, Wrapping } from './wrapping.ts'

// `parse`, `stream`, threads and tool loops are not here: they go through `create`, so that each call is seen once
// whatever helper made it.
const modelMethods: readonly (readonly [name: string, purpose: Purpose])[] = [
  ['create', 'answer'],
  ['countTokens', 'count'],
]
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
    provider: provider ?? convertProvider(client),
    dialect,
  })
}

function expect(isGiven: boolean, expected: string): void {
  if (!isGiven) throw new PincerError('invalid_option', `wrapAnthropic: expected ${expected}`)
}

function patchClient<Client extends BaseAnthropic>(client: Client, wrapping: Wrapping): Client {
  replaceHidden(client, clawsKey, [...clawsOf(client, clawsKey), wrapping.claw])
  for (const [name, purpose] of modelMethods)
    patchMethod(
      client,
      `messages.${name}`,
      (original) => (body: unknown, options?: RequestOptions) =>
        callModel(client, wrapping, purpose, original, body, options),
    )
  patchMethod(
    client,
    'messages.batches.results',
    (original) =>
      (batchId: unknown, ...rest: readonly unknown[]) =>
        readBatch(wrapping, original, batchId, rest),
  )
  patchMethod(
    client,
    'messages.toolRunner',
    (original) => (params: unknown, options?: RequestOptions) =>
      runTools(wrapping, original, params, options),
  )
  patchMethod(
    client,
    'messages.thread',
    (original) => (params: unknown, options?: unknown) => makeThread(wrapping, original, params, options),
  )
  patchMethod(
    client,
    'withOptions',
    (original) => (options: object) =>
      patchClient(original({ ...inheritedOptions(client, options), ...options }) as Client, wrapping),
  )
  return client
}

// What `withOptions` makes anew, though it is costly: the credentials that the Vertex client has found.
function inheritedOptions(client: BaseAnthropic, options: object = {}): object {
  const { _auth: googleAuth }: { readonly _auth?: unknown } = client as object
  // The client takes only one of the two.
  return googleAuth && !('authClient' in options) ? { googleAuth } : {}
}
