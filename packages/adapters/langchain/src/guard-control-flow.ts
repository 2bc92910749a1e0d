/** Tells what steers a graph, such as an interrupt, and what other middleware broke on, from what a tool threw. */
export function isControlFlow(error: unknown): boolean {
  return isBubbleUp(error) || isMiddlewareFault(error)
}

/** Tells what LangGraph throws to leave a node without a failure, such as the interrupt that asks a person. */
export function isBubbleUp(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'is_bubble_up' in error && error.is_bubble_up === true
}

// Older versions of LangChain have no class for it, only words.
function isMiddlewareFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const isOfItsClass = '~brand' in error && error['~brand'] === 'MiddlewareError'
  return isOfItsClass || error.message.startsWith('Error in middleware "')
}
