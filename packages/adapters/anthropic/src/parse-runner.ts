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

/** The messages of a loop so far; nothing where the loop does not tell. */
export function messagesOf(runner: any): readonly any[] {
  const messages = runner?.params?.messages
  return Array.isArray(messages) ? messages : []
}

/** True for a message after which the loop would not go on by itself. */
export function isLastMessage(value: any): boolean {
  const reason = value?.stop_reason
  return (
    typeof reason === 'string' && reason !== 'tool_use' && reason !== 'pause_turn' && reason !== 'compaction'
  )
}
