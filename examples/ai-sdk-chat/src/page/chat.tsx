import { useChat } from '@ai-sdk/react'
import type { ClawUIMessage } from '@pincer/ai-sdk'
import { DefaultChatTransport, lastAssistantMessageIsCompleteWithApprovalResponses } from 'ai'
import { type ReactElement, useEffect, useRef } from 'react'

import { Composer } from './composer.tsx'
import { Message } from './message.tsx'

const api = '/api/chat'

/** The whole chat: what was said, and the place to say more. */
export function Chat({ id, messages: earlier }: { id: string; messages: ClawUIMessage[] }): ReactElement {
  const { messages, status, error, sendMessage, addToolApprovalResponse, stop } = useChat<ClawUIMessage>({
    id,
    messages: earlier,
    // Takes up the run that was under way when the page was left.
    resume: true,
    transport: new DefaultChatTransport({ api }),
    // Sends the answer to an approval as soon as it is given.
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
  })
  const isBusy = status === 'submitted' || status === 'streaming'
  const end = useRef<HTMLDivElement>(null)
  useEffect(() => {
    // In braces: newer browsers answer with a promise, which is no clean-up.
    end.current?.scrollIntoView({ block: 'end' })
  }, [messages, status])

  // Leaving only ends the reading; this ends the run itself.
  const stopRun = async (): Promise<void> => {
    await stop()
    await fetch(`${api}/${encodeURIComponent(id)}/stream`, { method: 'DELETE' })
  }

  return (
    <main>
      <header>
        <h1>Order desk</h1>
        <a href="/">New chat</a>
      </header>
      <div className="messages" role="log" aria-label="Conversation" aria-busy={isBusy}>
        {messages.length === 0 && (
          <p className="hint">
            Try “Look up order 1007”, then “Refund order 1007”: the second asks you for permission.
          </p>
        )}
        {messages.map((message) => (
          <Message
            key={message.id}
            message={message}
            // Writing something else takes a question back.
            onAnswer={
              message === messages.at(-1) ? (answer) => void addToolApprovalResponse(answer) : undefined
            }
          />
        ))}
        {status === 'submitted' && <p className="waiting">…</p>}
        <div ref={end} />
      </div>
      {error !== undefined && <p role="alert">{error.message}</p>}
      <Composer isBusy={isBusy} onSend={(text) => void sendMessage({ text })} onStop={() => void stopRun()} />
    </main>
  )
}
