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
  const hasKeyFunction = typeof (client as Inner)._options?.apiKey === 'function'
  return (
    client.constructor === clone.constructor &&
    Object.entries(client).every(([name, value]) => {
      const copy: unknown = Reflect.get(clone, name)
      return (
        copy === value ||
        // Inner parts are made anew and inner counters move on; a key that is a function is asked anew by each client.
        (Object(value) === value && typeof copy === typeof value) ||
        name.startsWith('_') ||
        (name === 'apiKey' && hasKeyFunction)
      )
    })
  )
}
