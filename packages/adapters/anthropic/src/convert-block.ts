// Signatures and encrypted parts are for the API alone: long, opaque, and never asked for.
const opaque = new Set(['signature', 'encrypted_content', 'encrypted_index', 'encrypted_stdout'])

/** A message or a block without the bytes of files and what is encrypted for the API; the same object where it has none. */
export function withoutBytes(value: any): unknown {
  // Most messages are texts.
  if (typeof value !== 'object' || value === null || typeof value.content === 'string') return value
  return Array.isArray(value) ? withoutBytesIn(value) : copyParts(value)
}

function withoutBytesIn(list: readonly unknown[]): readonly unknown[] {
  let copy: unknown[] | undefined
  for (let index = 0; index < list.length; index++) {
    const part = withoutBytes(list[index])
    if (part !== list[index]) (copy ??= [...list])[index] = part
  }
  return copy ?? list
}

function copyParts(block: any): unknown {
  let copy: any
  if (typeof block.data === 'string' && (block.type === 'base64' || block.type === 'redacted_thinking')) {
    const { data, ...shown } = block
    return { ...shown, bytes: (data.length * 3) >> 2 }
  }
  for (const key of Object.keys(block)) {
    const value = block[key]
    if (opaque.has(key) && typeof value === 'string') {
      copy ??= { ...block }
      delete copy[key]
    } else if (typeof value === 'object' && value !== null && !isArguments(block.type, key)) {
      const shown = withoutBytes(value)
      if (shown !== value) (copy ??= { ...block })[key] = shown
    }
  }
  return copy ?? block
}

// What the model passes to a tool is the tool's, whatever its fields are called.
function isArguments(type: unknown, key: string): boolean {
  return key === 'input' && typeof type === 'string' && type.endsWith('tool_use')
}
