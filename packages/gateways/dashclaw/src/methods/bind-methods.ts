import type { Send } from '../request/api-request.ts'
import { DashClawError } from '../request/dashclaw-error.ts'
import { invalidInput, isFields } from '../request/invalid-input.ts'
import { buildRequest, type OwnNames } from './build-request.ts'
import type { CallOptions, MethodRow, MethodTable } from './method.ts'

/** What the calls of a client need of it. */
export interface CallContext {
  readonly send: Send
  readonly own: OwnNames
}

/** Makes one call: checks its arguments, sends its row's request, and gives the converted answer. */
export async function callMethod(
  context: CallContext,
  name: string,
  row: MethodRow,
  args: readonly unknown[],
): Promise<unknown> {
  const options = readOptions(name, args[row.params.length])
  const answer = await context
    .send(buildRequest(name, row, args, context.own), options)
    .catch((error: unknown) => {
      if (row.otherPath === undefined || !isNotRouted(error)) throw error
      return context.send(buildRequest(name, row, args, context.own, row.otherPath), options)
    })
  return row.convertAnswer === undefined ? answer : row.convertAnswer(answer)
}

/** Makes the calls of tables, as methods of a prototype: `find` gives the context of the object they are called on. */
export function bindMethods(
  prototype: object,
  tables: readonly MethodTable[],
  find: (self: object) => CallContext,
): void {
  for (const [name, row] of tables.flatMap((table) => Object.entries(table))) {
    const value = function call(this: object, ...args: readonly unknown[]): Promise<unknown> {
      return callMethod(find(this), name, row, args)
    }
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true })
  }
}

// A row that is not there answers 404 too, but as JSON.
function isNotRouted(error: unknown): boolean {
  return error instanceof DashClawError && error.status === 404 && error.answer === undefined
}

function readOptions(name: string, value: unknown): CallOptions {
  if (value === undefined) return {}
  if (!isFields(value))
    throw invalidInput(`${name}: options`, 'an object such as { signal, timeoutMs }', value)
  return value
}
