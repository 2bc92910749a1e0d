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
