interface ChatMessage {
  readonly role: string
  readonly content?: unknown
}

interface ChatTool {
  readonly function?: { readonly name: string }
}

/** A chat completion request, as far as OpenClaw wraps it. */
export interface ChatBody {
  readonly model: string
  readonly messages: readonly ChatMessage[]
  readonly tools?: readonly ChatTool[]
}

const internalContext = '<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>'

/**
 * Takes off what OpenClaw puts around the user's words, so that the marks in them steer the scripted model.
 *
 * Only the tools that a mark names are offered, known or not: without a mark the model calls none, and a mark may call a tool
 * that there is not.
 */
export function unwrapPrompt(body: ChatBody): ChatBody {
  const messages = body.messages
    .filter((message) => message.role !== 'user' || !textOf(message.content).startsWith(internalContext))
    .map((message) =>
      message.role === 'user' ? { ...message, content: unwrapWords(textOf(message.content)) } : message,
    )
  const words = textOf(messages.findLast((message) => message.role === 'user')?.content)
  const named = [...words.matchAll(/\[\[tool:([\w.-]+)/g)].map((mark) => mark[1] ?? '')
  const tools = [...new Set(named)].map(
    (name) => body.tools?.find((tool) => tool.function?.name === name) ?? unknownTool(name),
  )
  return { ...body, messages, tools }
}

/** The words of a user message without the time in front and the line about the runtime behind. */
function unwrapWords(text: string): string {
  return unwrapConversation(
    text.replace(/^\[\w{3} [\d-]{10} [^\]]*\] /, '').replace(/\n\nRuntime: [^\n]*\bagent=[^\n]*\s*$/, ''),
  )
}

// A conversation over HTTP arrives as one text: only what was said last steers, and marks that were followed before are quoted.
function unwrapConversation(text: string): string {
  const current = /\[Current message - respond to this\]\s*(?:User: )?([\s\S]*)$/.exec(text)?.[1]
  if (current === undefined) return text
  return /^Say:|\[\[[a-z-]+/.test(current) ? current : text.replaceAll('[[', '[ [')
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part: { readonly text?: string }) => part.text ?? '').join('')
}

function unknownTool(name: string): ChatTool & { readonly type: string } {
  return { type: 'function', function: { name } }
}
