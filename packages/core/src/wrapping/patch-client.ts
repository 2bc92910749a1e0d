import { findResource } from './parse-sdk.ts'

/** A method of a client, bound to its resource. */
export type Method = (...parameters: readonly unknown[]) => unknown

/** What takes a method's place; it is called with what the caller gives. */
type Replacement = (...parameters: never[]) => unknown

/** Replaces the method at a place of a client, and of the same place under `beta`, where this version of it has one. */
export function patchMethod(client: object, path: string, make: (original: Method) => Replacement): void {
  for (const names of [path.split('.'), `beta.${path}`.split('.')]) {
    const name = names.pop() ?? ''
    const resource = findResource(client, names)
    const original = resource?.[name]
    if (resource && typeof original === 'function')
      replaceHidden(resource, name, make(original.bind(resource) as Method))
  }
}

/** Sets a field that is own and not enumerable, so that the object lists what it listed before. */
export function replaceHidden(target: object, name: string | symbol, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, configurable: true })
}

/** The claws that a client reports to already. */
export function clawsOf(client: object, key: symbol): readonly unknown[] {
  return (client as { [key: symbol]: readonly unknown[] | undefined })[key] ?? []
}
