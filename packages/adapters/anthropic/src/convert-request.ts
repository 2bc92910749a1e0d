import type { ModelCallOptions } from '@pincer/core'

import { withoutBytes } from './convert-block.ts'

// What has a field of its own is not repeated, and a conversation's system prompt is part of what the model is given.
const leftOut = new Set(['model', 'messages', 'system', 'stream', 'betas'])

/** What a request's body says about the call: the model, the input and the settings, tools by name. */
export function convertRequest(body: any): Omit<ModelCallOptions, 'provider' | 'operation'> {
  const given = body ?? {}
  const parameters: Record<string, unknown> = {}
  for (const key of Object.keys(given)) {
    if (leftOut.has(key)) continue
    const value = given[key]
    parameters[key] =
      (key === 'tools' || key === 'mcp_servers') && Array.isArray(value) ? value.map(nameOf) : value
  }
  return {
    model: String(given.model || 'default'),
    input: inputOf(given),
    parameters,
    stream: given.stream === true,
  }
}

/** Who runs the models behind a client, told from its fields and its address: `anthropic`, `bedrock`, `vertex`, ... */
export function convertProvider(client: any): string {
  if ('awsRegion' in client) return 'bedrock'
  if ('region' in client && 'projectId' in client) return 'vertex'
  // The name before the last one of the host; an address or a bare name is somebody's own service with this API.
  return /^https?:\/\/(?:[^/]*\.)?([^./]+)\.[a-z]+(?:[:/]|$)/i.exec(client.baseURL)?.[1] ?? 'anthropic'
}

/** The messages that a conversation starts with. */
export function inputOf({ system, messages }: any): unknown {
  const shown = Array.isArray(messages) ? messages.map(withoutBytes) : messages
  if (system === undefined) return shown
  return Array.isArray(shown) ? [{ role: 'system', content: system }, ...shown] : { system, messages: shown }
}

function nameOf(tool: any): unknown {
  return tool?.name ?? tool?.type
}
