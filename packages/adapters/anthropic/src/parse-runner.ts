/** What the client's tool loop looks like from outside. */
export interface SdkRunner extends AsyncIterable<unknown> {
  readonly params: { readonly messages: readonly any[] }
  readonly setMessagesParams: (paramsOrChange: unknown) => void
  readonly addTools?: (...tools: readonly unknown[]) => void
}

/** What the client's thread looks like from outside. */
export interface SdkThread {
  readonly toolRunner: (params?: unknown, options?: unknown) => unknown
  readonly update: (params?: unknown, options?: unknown) => void
  readonly fork: () => unknown
}

/** Tells the client's tool loop from what a replaced method may return. */
export function isSdkRunner(value: any): value is SdkRunner {
  return typeof value?.[Symbol.asyncIterator] === 'function' && typeof value.setMessagesParams === 'function'
}

/** Tells the client's thread from what a replaced method may return. */
export function isSdkThread(value: any): value is SdkThread {
  return typeof value?.toolRunner === 'function' && typeof value.fork === 'function'
}
