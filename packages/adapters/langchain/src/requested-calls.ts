import type { RequestedCall } from './convert-model.ts'
import { convertToolInput } from './convert-tool.ts'

const mostCalls = 100

/**
 * The tool calls that models asked for, each until it begins: older versions of LangChain do not tell which one a tool that
 * starts is, and there it is found by its name and arguments.
 */
export class RequestedCalls {
  readonly #waiting = new Map<string, RequestedCall>()
  readonly #begun = new Map<string, RequestedCall>()

  /** Adds what a model asked for. */
  add(calls: readonly RequestedCall[]): void {
    for (const call of calls) keep(this.#waiting, call)
  }

  /** Says that a tool starts, and returns the id of its call: the given one, else that of the first call that it can be. */
  begin(givenId: string | undefined, name: string, input: unknown): string | undefined {
    if (this.#waiting.size === 0) return givenId
    const call = givenId === undefined ? this.#find(name, input) : this.#waiting.get(givenId)
    if (call === undefined) return givenId
    this.#waiting.delete(call.id)
    keep(this.#begun, call)
    return call.id
  }

  /** Says that a call was interrupted, and will begin again. */
  interrupt(id: string): void {
    const call = this.#begun.get(id)
    if (call !== undefined) keep(this.#waiting, call)
  }

  #find(name: string, input: unknown): RequestedCall | undefined {
    let wanted: string | undefined
    for (const call of this.#waiting.values()) {
      if (call.name !== name) continue
      wanted ??= JSON.stringify(convertToolInput(input))
      if (JSON.stringify(call.args) === wanted) return call
    }
    return undefined
  }
}

function keep(calls: Map<string, RequestedCall>, call: RequestedCall): void {
  calls.set(call.id, call)
  if (calls.size <= mostCalls) return
  for (const oldest of calls.keys()) {
    calls.delete(oldest)
    return
  }
}
