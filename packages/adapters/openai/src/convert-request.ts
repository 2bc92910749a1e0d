import type { ModelCallOptions } from '@pincer/core'

// What the model is given, whatever the method calls it; the first that is there.
const inputFields = ['messages', 'input', 'file', 'prompt', 'image']
// Files are not copied into the record, and what has its own field is not repeated.
const leftOut = new Set(['model', 'stream', 'file', 'image', 'mask', 'betas'])

/** What a request's body says about the call: the model, the input and the settings, tools by name. */
export function convertRequest(body: any, client: any): Omit<ModelCallOptions, 'provider' | 'operation'> {
  const given = body ?? {}
  const inputField = inputFields.find((name) => given[name] !== undefined) ?? ''
  const input = given[inputField]
  const parameters: Record<string, unknown> = {}
  for (const key of Object.keys(given)) {
    if (key === inputField || leftOut.has(key)) continue
    const value = given[key]
    parameters[key] = key === 'tools' && Array.isArray(value) ? value.map(toolName) : value
  }
  return {
    model: String(given.model || client.deploymentName || 'default'),
    input: leftOut.has(inputField) ? { file: input.name } : input,
    parameters,
    stream: given.stream === true,
  }
}

/**
 * The body that asks for the usage at the end of the stream; `false` where there is no stream, where the caller has said
 * what it wants, or where the service is known to refuse it.
 */
export function askForUsage(body: any, operation: string, client: any): unknown {
  return (
    (operation === 'chat' || operation === 'completion') &&
    body?.stream === true &&
    body.stream_options?.include_usage === undefined &&
    // Azure knows the field from 2024-09-01-preview on, and never together with data sources.
    !body.data_sources &&
    !/^20(?:1|2[0-3]|24-0[1-8])/.test(client.apiVersion) && {
      ...body,
      stream_options: { ...body.stream_options, include_usage: true },
    }
  )
}

/** Tells a chat whose answer may be sound, or a function call of before there were tool calls. */
export function isRareChat({ parameters }: any): boolean {
  return !!(parameters.audio || parameters.functions)
}

/** Tells the answer of a service that does not know `stream_options` from any other failure. */
export function refusesUsage(error: any): boolean {
  return [400, 422].includes(error?.status) && String(error.message).includes('stream_options')
}

/** Who runs the models behind a client, told from its class and its address: `azure`, `openai`, `groq`, ... */
export function convertProvider(client: any): string {
  if ('deploymentName' in client) return 'azure'
  if (client.constructor.name === 'BedrockOpenAI') return 'bedrock'
  // The name before the last one of the host; an address or a bare name is somebody's own service with this API.
  return /^https?:\/\/(?:[^/]*\.)?([^./]+)\.[a-z]+(?:[:/]|$)/i.exec(client.baseURL)?.[1] ?? 'openai'
}

function toolName(tool: any): unknown {
  return (tool?.function ?? tool?.custom ?? tool)?.name ?? tool?.type
}
