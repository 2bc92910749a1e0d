import type { ApiRequest } from '../request/api-request.ts'
import { checkText, invalidInput, isFields } from '../request/invalid-input.ts'
import { cutText } from './cut-text.ts'
import type { Fields, MethodRow, OwnName } from './method.ts'

/** The client's own names. */
export type OwnNames = Readonly<Partial<Record<OwnName, string>>>

/**
 * Makes the request of a call out of its row and its arguments.
 *
 * @param template - The row's path, or its other one.
 * @throws DashClawError 400 naming the argument, before anything is sent.
 */
export function buildRequest(
  name: string,
  row: MethodRow,
  args: readonly unknown[],
  own: OwnNames,
  template: string = row.path,
): ApiRequest {
  const fields = finish(name, row, readFields(name, row, args, own))
  const inPath = new Set<string>()
  const path = template.replace(/\{(\w+)\}/g, (_, field: string) => {
    inPath.add(field)
    return readSegment(`${name}: ${field}`, fields[field])
  })
  const rest = Object.entries(fields).filter(([field, value]) => value !== undefined && !inPath.has(field))
  const hasBody = row.verb !== 'GET' && row.verb !== 'DELETE'
  const isQuery = ([field]: readonly [string, unknown]): boolean =>
    !hasBody || row.query?.includes(field) === true
  const query = rest
    .filter((entry) => isQuery(entry) && entry[1] !== null)
    .map(([field, value]) => [field, readQueryValue(`${name}: ${field}`, value)])
  const body = rest.filter((entry) => !isQuery(entry))
  return {
    name,
    verb: row.verb,
    path,
    isRepeatable: row.isRepeatable ?? (row.verb !== 'POST' && row.verb !== 'PATCH'),
    ...(query.length === 0 ? {} : { query: Object.fromEntries(query) }),
    ...(hasBody && (body.length > 0 || takesBody(row, inPath)) ? { body: Object.fromEntries(body) } : {}),
    ...(row.isRaw === true ? { isRaw: true } : {}),
  }
}

function readFields(name: string, row: MethodRow, args: readonly unknown[], own: OwnNames): Fields {
  const fields = new Map<string, unknown>()
  const named = new Set(row.params.map((param) => param.replace('?', '')))
  const put = (field: string, value: unknown): void => {
    if (value === undefined) return
    const renamed = row.names !== undefined && Object.hasOwn(row.names, field)
    fields.set(renamed ? (row.names?.[field] ?? field) : field, value)
  }
  for (const [index, param] of row.params.entries()) {
    const [, spread, field = '', list, optional] = /^(\.\.\.)?(\w+)(\[\])?(\?)?$/.exec(param) ?? []
    const value = args[index]
    const isMissing = value === undefined || (value === null && spread !== undefined)
    if (isMissing && optional === undefined) {
      throw invalidInput(`${name}: ${field}`, spread === undefined ? 'a value' : 'an object', value)
    }
    if (spread === undefined || (list !== undefined && Array.isArray(value))) put(field, value)
    else if (!isMissing) {
      if (!isFields(value)) throw invalidInput(`${name}: ${field}`, 'an object', value)
      for (const [key, item] of Object.entries(value)) if (!named.has(key)) put(key, item)
    }
  }
  for (const [field, ownName] of Object.entries(row.own ?? {})) {
    const given = fields.get(field)
    if (given === undefined || given === null || given === '') fields.set(field, own[ownName])
  }
  for (const [field, value] of Object.entries(row.defaults ?? {})) {
    if (fields.get(field) === undefined) fields.set(field, value)
  }
  for (const [field, value] of Object.entries(row.fixed ?? {})) fields.set(field, value)
  return Object.fromEntries(fields)
}

function finish(name: string, row: MethodRow, found: Fields): Fields {
  const fields: Record<string, unknown> = { ...(row.convertInput?.(found) ?? found) }
  for (const [field, most] of Object.entries(row.atMost ?? {})) {
    const value = fields[field]
    if (typeof value === 'string' && value.length > most) {
      throw invalidInput(`${name}: ${field}`, `at most ${most} characters`, value)
    }
  }
  for (const [field, cut] of Object.entries(row.cut ?? {})) fields[field] = cutText(fields[field], cut)
  return fields
}

function readSegment(name: string, value: unknown): string {
  const text = typeof value === 'number' ? String(value) : value
  checkText(name, text, 'an id')
  // Dots alone would name another path, and no id of the server is this long.
  if (/^\.{1,2}$/.test(text) || text.length > 256) throw invalidInput(name, 'an id', value)
  return encodeURIComponent(text)
}

function readQueryValue(name: string, value: unknown): string {
  if (typeof value === 'string' || typeof value === 'boolean') return String(value)
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  if (Array.isArray(value)) return value.map((item) => readQueryValue(name, item)).join(',')
  throw invalidInput(name, 'a text, a number, true or false', value)
}

// Servers read a body from everything but the bare commands, such as the use of a snippet.
function takesBody(row: MethodRow, inPath: ReadonlySet<string>): boolean {
  return row.params.some((param) => !inPath.has(param.replace('?', '')))
}
