import type { ClawUIMessage } from '@pincer/ai-sdk'
import type { ReactElement } from 'react'

import { type OnAnswer, ToolCall } from './tool-call.tsx'

/** One message: what was said, thought and done, and what it cost. */
export function Message({
  message,
  onAnswer,
}: {
  message: ClawUIMessage
  onAnswer: OnAnswer | undefined
}): ReactElement {
  const { role, parts, metadata } = message
  const tokens = metadata?.usage?.totalTokens ?? 0
  return (
    <article className={role} aria-label={role === 'user' ? 'You' : 'Agent'}>
      {parts.map((part, index) => {
        switch (part.type) {
          case 'text':
            return <p key={index}>{part.text}</p>
          case 'reasoning':
            return (
              <details key={index}>
                <summary>Thoughts</summary>
                {part.text}
              </details>
            )
          case 'dynamic-tool':
            return <ToolCall key={part.toolCallId} call={part} onAnswer={onAnswer} />
          case 'source-url':
            return (
              <a key={index} href={part.url} rel="noreferrer">
                {part.title ?? part.url}
              </a>
            )
          case 'file':
            return (
              <a key={index} href={part.url} download>
                File ({part.mediaType})
              </a>
            )
          default:
            return undefined
        }
      })}
      {tokens > 0 && <footer>{tokens} tokens</footer>}
    </article>
  )
}
