import { AzureOpenAI, OpenAI } from 'openai'
import { AzureOpenAI as AzureOpenAI6, OpenAI as OpenAI6 } from 'openai-6'
import { AzureOpenAI as AzureOpenAILowest, OpenAI as OpenAILowest } from 'openai-lowest'

/** A version of the official client under test. */
export interface ClientKind {
  readonly name: string
  /** The class that its clients are instances of. */
  readonly base: typeof OpenAI
  readonly azure: boolean
  readonly make: (url: string, options?: Record<string, unknown>) => OpenAI
}

// The classes of other versions are not assignable for their private fields, but have the same shape.
function kind(name: string, base: unknown): ClientKind {
  const Client = base as typeof OpenAI
  const make = (url: string, options = {}): OpenAI =>
    new Client({ apiKey: 'sk-test', baseURL: `${url}/v1`, maxRetries: 0, ...options })
  return { name, base: Client, azure: false, make }
}

function azureKind(name: string, base: unknown, azure: unknown): ClientKind {
  const Client = azure as typeof AzureOpenAI
  const make = (url: string, options = {}): OpenAI =>
    new Client({
      apiKey: 'azure-test',
      endpoint: url,
      apiVersion: '2025-04-01-preview',
      deployment: 'gpt-test',
      maxRetries: 0,
      ...options,
    })
  return { name, base: base as typeof OpenAI, azure: true, make }
}

/** The newest 7, the newest 6, the lowest that is supported, and Azure of each. */
export const clientKinds: readonly ClientKind[] = [
  kind('openai 7.55', OpenAI),
  kind('openai 6.49', OpenAI6),
  kind('openai 6.0', OpenAILowest),
  azureKind('Azure 7.55', OpenAI, AzureOpenAI),
  azureKind('Azure 6.49', OpenAI6, AzureOpenAI6),
  azureKind('Azure 6.0', OpenAILowest, AzureOpenAILowest),
]
