import type { MethodRow } from '../src/methods/method.ts'
import type { FactRow } from './endpoints.ts'

/** A call made out of a row and the facts: its arguments, and what of them stands in which field of the request. */
export interface SampleCall {
  readonly args: readonly unknown[]
  /** What was given, by its name on the wire. */
  readonly given: Readonly<Record<string, unknown>>
}

/** Makes a call that gives everything the facts name, or only what must be given. */
export function sampleCall(row: MethodRow, facts: FactRow, isFull: boolean): SampleCall {
  const given: Record<string, unknown> = {}
  const positional = new Set<string>()
  const wireName = (name: string): string => row.names?.[name] ?? name
  for (const param of row.params) if (!param.startsWith('...')) positional.add(wireName(bare(param)))
  let isFirstObject = true
  const args = row.params.map((param) => {
    const isOptional = param.endsWith('?')
    if (!param.startsWith('...')) {
      const name = wireName(bare(param))
      if (isOptional && !isFull) return undefined
      given[name] = sampleOf(name, facts)
      return given[name]
    }
    if (!isFirstObject) return undefined
    isFirstObject = false
    const names = fieldNames(facts, isFull).filter(
      (name) => !positional.has(name) && row.fixed?.[name] === undefined && !row.path.includes(`{${name}}`),
    )
    if (isOptional && !isFull) return undefined
    const object = Object.fromEntries(names.map((name) => [name, sampleOf(name, facts)]))
    Object.assign(given, object)
    return object
  })
  return { args, given }
}

/** Every name that the facts know a request of the row to hold. */
export function knownNames(facts: FactRow): Set<string> {
  return new Set([
    ...[...facts.query, ...facts.body].map(({ name }) => name),
    ...facts.server_reads.flatMap((name) => /^\??(\w+)/.exec(name)?.[1] ?? []),
  ])
}

function fieldNames(facts: FactRow, isFull: boolean): string[] {
  const fields = [...facts.query, ...facts.body]
  if (!isFull) return fields.filter(({ server_required }) => server_required).map(({ name }) => name)
  const read = facts.accepts_kwargs
    ? facts.server_reads.filter((name) => /^\w+$/.test(name) && name !== '_signature')
    : []
  return [...new Set([...fields.map(({ name }) => name), ...read])]
}

function bare(param: string): string {
  return param.replaceAll(/^\.\.\.|\?$/g, '')
}

function sampleOf(name: string, facts: FactRow): unknown {
  const type = [...facts.query, ...facts.body].find((field) => field.name === name)?.type ?? 'string'
  if (/object\[\]/.test(type)) return [{ provider: 'openai', note: name }]
  if (/string\[\]|array|list/.test(type)) return [`${name} 1`, `${name} 2`]
  if (/^(int|number|float)/.test(type)) return 7
  if (type.startsWith('bool')) return true
  if (type.startsWith('object')) return { note: name }
  return `${name} ä/1`
}
