import { type KeyboardEvent, type ReactElement, type SyntheticEvent, useState } from 'react'

/** The place to write: Enter sends, Shift and Enter begins a line. */
export function Composer({
  isBusy,
  onSend,
  onStop,
}: {
  isBusy: boolean
  onSend: (text: string) => void
  onStop: () => void
}): ReactElement {
  const [text, setText] = useState('')
  const send = (event: SyntheticEvent): void => {
    event.preventDefault()
    if (isBusy || text.trim() === '') return
    onSend(text)
    setText('')
  }
  const sendOnEnter = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) send(event)
  }
  return (
    <form onSubmit={send}>
      <textarea
        aria-label="Message"
        placeholder="Ask about an order"
        rows={2}
        autoFocus
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={sendOnEnter}
      />
      {isBusy ? (
        <button type="button" onClick={onStop}>
          Stop
        </button>
      ) : (
        <button type="submit" disabled={text.trim() === ''}>
          Send
        </button>
      )}
    </form>
  )
}
