import type { ClawUIMessage } from '@pincer/ai-sdk'
import { createRoot } from 'react-dom/client'

import { Chat } from './chat.tsx'

// The chat is named in the address, and its messages stand in the gateway: a reload loses nothing.
const address = new URL(location.href)
const id = address.searchParams.get('chat') ?? crypto.randomUUID()
address.searchParams.set('chat', id)
history.replaceState(undefined, '', address)

const answer = await fetch(`/api/chat/${encodeURIComponent(id)}/messages`)
const { messages } = (await answer.json()) as { messages: ClawUIMessage[] }

const root = document.querySelector('#root')
if (root !== null) createRoot(root).render(<Chat id={id} messages={messages} />)
