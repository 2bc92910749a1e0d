import type { ModelCallOptions } from '@pincer/core'

// Files are not copied into the record, and what has its own field is not repeated.
const leftOut = new Set(['model', 'stream', 'file', 'image', 'mask', 'betas'])

/** What a request's body says about the call: the model, the input and the settings, tools by name. */
export function convertRequest(
  body: any,
  inputField: string,
  client: any,
): Omit<ModelCallOptions, 'provider' | 'operation'> & {
  /** True where the provider goes on when the connection ends. */
  readonly background: boolean
} {
  const parameters: Record<string, unknown> = {}
  for (const key of Object.keys(body ?? {})) {
    if (key === inputField || leftOut.has(key)) continue
    parameters[key] = key === 'tools' && Array.isArray(body.tools) ? body.tools.map(toolName) : body[key]
  }
  const input = body?.[inputField]
  return {
    model: String(body?.model || client.deploymentName || ''),
    input: leftOut.has(inputField) ? { file: input?.name } : input,
    parameters,
    stream: body?.stream === true,
    background: body?.background === true,
  }
}

/**
 * The body that asks for the usage at the end of the stream; `undefined` where there is no stream, where the caller
 * has said what it wants, or where the service is known to refuse it.
 */
export function askForUsage(body: any, client: any): unknown {
  // Azure knows the field from 2024-09-01-preview on, and never together with data sources.
  if (body?.stream !== true || body.stream_options?.include_usage !== undefined || body.data_sources)
    return undefined
  const version = client.apiVersion
  if (/^\d/.test(version) && version < '2024-09-01') return undefined
  return { ...body, stream_options: { ...body.stream_options, include_usage: true } }
}

/** Tells the answer of a service that does not know `stream_options` from any other failure. */
export function refusesUsage(error: any): boolean {
  return (error?.status === 400 || error?.status === 422) && String(error.message).includes('stream_options')
}

/** Who runs the models behind a client, told from its class and its address: `azure`, `openai`, `groq`, ... */
export function convertProvider(client: any): string {
  if ('deploymentName' in client) return 'azure'
  if (client.constructor.name === 'BedrockOpenAI') return 'bedrock'
  // The name before the last one of the host; an address or a bare name is somebody's own service with this API.
  return /^https?:\/\/(?:[^/]*\.)?([^./]+)\.[a-z]+(?:[:/]|$)/i.exec(client.baseURL)?.[1] ?? 'openai'
}

function toolName(tool: any): unknown {
  return tool?.function?.name ?? tool?.custom?.name ?? tool?.name ?? tool?.type
}
