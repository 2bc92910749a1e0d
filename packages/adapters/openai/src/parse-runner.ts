/** What the client's tool loop looks like from outside. */
export interface SdkRunner {
  readonly messages: readonly any[]
  readonly controller: AbortController
  readonly aborted: boolean
  readonly errored: boolean
  readonly ended: boolean
  done(): Promise<void>
  on(event: 'end', listener: () => void): unknown
  _emit(event: string, ...values: readonly unknown[]): unknown
}

/** Tells the client's tool loop from what a replaced method may return. */
export function isSdkRunner(value: any): value is SdkRunner {
  return Array.isArray(value?.messages) && !!value._emit
}
