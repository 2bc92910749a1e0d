import { setNewest } from './bounded-map.ts'
import type { RequestedCall } from './convert-model.ts'
import { convertToolInput } from './convert-tool.ts'

const mostCalls = 200

interface Requested {
  readonly call: RequestedCall
  hasBegun: boolean
}

/**
 * The tool calls that models asked for, each until it begins: older versions of LangChain do not tell which one a tool that
 * starts is, and there it is found by its name and arguments.
 */
export class RequestedCalls {
  readonly #calls = new Map<string, Requested>()

  /** Adds what a model asked for. */
  add(calls: readonly RequestedCall[]): void {
    for (const call of calls) this.#wait(call)
  }

  /** Says that a tool starts, and returns the id of its call: the given one, else that of the first call that it can be. */
  begin(givenId: string | undefined, name: string, input: unknown): string | undefined {
    const requested = givenId === undefined ? this.#find(name, input) : this.#calls.get(givenId)
    if (requested === undefined) return givenId
    requested.hasBegun = true
    return requested.call.id
  }

  /** Says that a call was interrupted, and will begin again. */
  interrupt(id: string): void {
    const requested = this.#calls.get(id)
    if (requested?.hasBegun === true) this.#wait(requested.call)
  }

  #wait(call: RequestedCall): void {
    setNewest(this.#calls, call.id, { call, hasBegun: false }, mostCalls)
  }

  #find(name: string, input: unknown): Requested | undefined {
    let wanted: string | undefined
    for (const requested of this.#calls.values()) {
      const { call, hasBegun } = requested
      if (hasBegun || call.name !== name) continue
      wanted ??= JSON.stringify(convertToolInput(input))
      if (JSON.stringify(call.args) === wanted) return requested
    }
    return undefined
  }
}
