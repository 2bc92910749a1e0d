const roles: Readonly<Record<string, string>> = { human: 'user', ai: 'assistant' }

/** Tells a LangChain message, of whatever copy of LangChain, from anything else. */
export function isMessage(value: any): boolean {
  return typeof value?.type === 'string' && 'content' in value && 'additional_kwargs' in value
}

/** Converts a LangChain message to what is recorded of it; anything else stays what it is. */
export function convertMessage(message: any): unknown {
  if (!isMessage(message)) return message
  const { type, content, name, tool_calls: toolCalls, tool_call_id: toolCallId, status } = message
  const converted: Record<string, unknown> = {
    role: roles[type] ?? message.role ?? type,
    content: convertContent(content),
  }
  if (name) converted['name'] = name
  if (toolCalls?.length > 0)
    converted['tool_calls'] = toolCalls.map(({ id, name: tool, args }: any) => ({ id, name: tool, args }))
  const thinking = message.additional_kwargs?.reasoning_content
  if (thinking) converted['reasoning'] = thinking
  const refusal = message.additional_kwargs?.refusal
  if (refusal) converted['refusal'] = refusal
  if (toolCallId) converted['tool_call_id'] = toolCallId
  if (status === 'error') converted['status'] = status
  return converted
}

/** Converts lists of messages and the lists in them. */
export function convertMessages(messages: any): unknown {
  return Array.isArray(messages) ? messages.map(convertMessages) : convertMessage(messages)
}

/** Converts the content of a message: text stays text, and what is encoded in it is told by its length. */
export function convertContent(content: any): unknown {
  if (!Array.isArray(content)) return content
  if (content.length === 1 && content[0]?.type === 'text') return content[0].text
  return content.map(convertBlock)
}

/** Converts what goes into a chain or comes out of it: the state of a graph, messages, or any other value. */
export function convertValue(value: any): unknown {
  if (isMessage(value) || isPlainMessage(value)) return convertOnly(value)
  if (Array.isArray(value)) return value.length === 1 ? convertValue(value[0]) : value.map(convertMessage)
  if (Object(value) !== value || Object.getPrototypeOf(value) !== Object.prototype)
    return convertCommand(value)
  const keys = Object.keys(value)
  if (keys.length === 1 && (keys[0] === 'input' || keys[0] === 'output')) return convertValue(value[keys[0]])
  const converted: Record<string, unknown> = {}
  for (const key of keys) converted[key] = convertMessages(value[key])
  return keys.length === 1 && keys[0] === 'messages' ? convertValue(value.messages) : converted
}

/** Converts what a chain gives back; of a conversation the last message, since the others are recorded where they arose. */
export function convertOutput(value: any): unknown {
  const messages = value?.messages
  if (!Array.isArray(messages) || isMessage(value)) return convertValue(value)
  const { messages: _, ...rest } = value
  const last = convertValue(messages.at(-1))
  return Object.values(rest).some((field) => field !== undefined)
    ? { ...(convertValue(rest) as object), message: last }
    : last
}

// As users write them.
function isPlainMessage(value: any): boolean {
  return typeof value?.role === 'string' && value.content !== undefined
}

// A message that says nothing but its text is that text.
function convertOnly(message: any): unknown {
  const content = convertContent(message.content)
  const isPlain = typeof content === 'string' && content !== '' && !message.tool_calls?.length
  return isPlain && message.status !== 'error' ? content : convertMessage(message)
}

function convertCommand(value: any): unknown {
  if (value?.lg_name !== 'Command')
    return typeof value?.toChatMessages === 'function' ? convertMessages(value.toChatMessages()) : value
  const { resume, goto, update } = value
  return { resume, update: update && convertValue(update), goto: goto?.length ? goto : undefined }
}

function convertBlock(block: any): unknown {
  const data = block?.data ?? block?.image_url?.url ?? block?.source?.data
  if (typeof data !== 'string' || data.length < 256 || /^https?:/.test(data)) return block
  return { type: block.type, data: `[encoded: ${data.length} characters]` }
}
