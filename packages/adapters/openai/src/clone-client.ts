import { cloneClient } from '@pincer/core/wrapping'
import type { OpenAI } from 'openai'

interface Inner {
  readonly _options?: { readonly apiKey?: unknown }
  readonly apiVersion?: string
  readonly deploymentName?: string | undefined
}

/** A client of the same class with the same settings, or the given one where its class cannot be made anew. */
export function cloneOpenAI<Client extends OpenAI>(client: Client): Client {
  const { _options: options }: Inner = client as object
  const hasKeyFunction = typeof options?.apiKey === 'function'
  // A key that is a function is asked anew by each client.
  return cloneClient(client, inheritedOptions(client), (name) => name === 'apiKey' && hasKeyFunction)
}

/** What `withOptions` of older versions forgets: a key that is a function, and what only Azure has. */
export function inheritedOptions(client: OpenAI): Parameters<OpenAI['withOptions']>[0] {
  const { _options: options, apiVersion, deploymentName }: Inner = client as object
  const key = options?.apiKey
  const forgotten: object = {
    ...(typeof key === 'function' && { apiKey: key }),
    ...(apiVersion !== undefined && { apiVersion, deployment: deploymentName }),
  }
  return forgotten
}
