/** The model's id of the call that these arguments belong to: the first of its newest message that no other function has claimed. */
export function findToolCall(
  messages: readonly any[],
  name: string,
  text: unknown,
  claimed: ReadonlySet<string>,
): string | undefined {
  const message = messages.findLast((entry) => entry?.role === 'assistant')
  return message?.tool_calls?.find(
    ({ id, function: called }: any) => called?.name === name && called.arguments === text && !claimed.has(id),
  )?.id
}
