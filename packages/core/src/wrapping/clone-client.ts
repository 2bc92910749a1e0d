/** A client as far as copying it goes. */
interface SdkClient {
  withOptions(options: object): unknown
}

/**
 * A client of the same class with the same settings; the given client itself where its class cannot be made anew from
 * its options, as with a subclass whose constructor wants something else.
 *
 * `inherited` is what `withOptions` of some version forgets; `mayDiffer` names fields that are made anew by each client.
 */
export function cloneClient<Client extends SdkClient>(
  client: Client,
  inherited: object,
  mayDiffer: (name: string) => boolean = () => false,
): Client {
  // The constructors of the packages take one argument with a default.
  if (client.constructor.length > 1) return client
  try {
    const clone = client.withOptions(inherited) as Client
    return isSame(client, clone, mayDiffer) ? clone : client
  } catch {
    return client
  }
}

function isSame(client: object, clone: object, mayDiffer: (name: string) => boolean): boolean {
  return (
    client.constructor === clone.constructor &&
    Object.entries(client).every(([name, value]) => {
      const copy: unknown = Reflect.get(clone, name)
      return (
        copy === value ||
        // Inner parts are made anew and inner counters move on.
        (Object(value) === value && typeof copy === typeof value) ||
        name.startsWith('_') ||
        mayDiffer(name)
      )
    })
  )
}
