import type { OpenAI } from 'openai'

interface Inner {
  readonly _options?: { readonly apiKey?: unknown }
  readonly apiVersion?: string
  readonly deploymentName?: string | undefined
}

/**
 * A client of the same class with the same settings; the given client itself where its class cannot be made anew from
 * its options, as with a subclass whose constructor wants something else.
 */
export function cloneClient<Client extends OpenAI>(client: Client): Client {
  // The constructors of the package take one argument with a default.
  if (client.constructor.length > 1) return client
  try {
    const clone = client.withOptions(inheritedOptions(client)) as Client
    return isSame(client, clone) ? clone : client
  } catch {
    return client
  }
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

function isSame(client: object, clone: object): boolean {
  if (Object.getPrototypeOf(client) !== Object.getPrototypeOf(clone)) return false
  const hasKeyFunction = typeof (client as Inner)._options?.apiKey === 'function'
  return Object.entries(client).every(([name, value]) => {
    // Inner counters move on, and a key that is a function is asked anew by each client.
    if (name.startsWith('_') || (name === 'apiKey' && hasKeyFunction)) return true
    const copy: unknown = Reflect.get(clone, name)
    return Object(value) === value ? typeof copy === typeof value : Object.is(value, copy)
  })
}
