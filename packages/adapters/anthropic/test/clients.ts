import { AnthropicBedrock } from '@anthropic-ai/bedrock-sdk'
import { Anthropic } from '@anthropic-ai/sdk'
import { AnthropicVertex } from '@anthropic-ai/vertex-sdk'
import { Anthropic as AnthropicLowest } from 'anthropic-lowest'
import { Anthropic as AnthropicMiddle } from 'anthropic-middle'

/** A version of the official client under test. */
export interface ClientKind {
  readonly name: string
  /** The class that its clients are instances of. */
  readonly base: typeof Anthropic
  /** What the provider is called where its address does not tell. */
  readonly provider: string
  /** What this version has. */
  readonly has: {
    readonly parse: boolean
    readonly toolRunner: boolean
    readonly middleware: boolean
    readonly batches: boolean
    readonly countTokens: boolean
  }
  readonly make: (url: string, options?: Record<string, unknown>) => Anthropic
}

const everything = { parse: true, toolRunner: true, middleware: true, batches: true, countTokens: true }

// The classes of other versions and services are not assignable for their private fields, but have the same shape.
function kind(name: string, base: unknown, has: Partial<ClientKind['has']> = {}): ClientKind {
  const Client = base as typeof Anthropic
  const make = (url: string, options = {}): Anthropic =>
    new Client({ apiKey: 'sk-ant-test', baseURL: url, maxRetries: 0, ...options })
  return { name, base: Client, provider: 'anthropic', has: { ...everything, ...has }, make }
}

function bedrockKind(): ClientKind {
  const Client = AnthropicBedrock as unknown as typeof Anthropic
  const make = (url: string, options = {}): Anthropic => {
    const all: object = {
      apiKey: 'bedrock-test',
      awsRegion: 'eu-west-1',
      baseURL: url,
      maxRetries: 0,
      ...options,
    }
    return new Client(all)
  }
  const has = { ...everything, batches: false, countTokens: false }
  return { name: 'Bedrock 1.1', base: Client, provider: 'bedrock', has, make }
}

// Google's library would ask the network for a token.
const authClient = {
  projectId: 'acme',
  getRequestHeaders: async () => new Headers({ authorization: 'Bearer google' }),
}

function vertexKind(): ClientKind {
  const Client = AnthropicVertex as unknown as typeof Anthropic
  const make = (url: string, options = {}): Anthropic => {
    const all: object = {
      region: 'europe-west1',
      projectId: 'acme',
      authClient,
      baseURL: url,
      maxRetries: 0,
      ...options,
    }
    return new Client(all)
  }
  return {
    name: 'Vertex 1.1',
    base: Client,
    provider: 'vertex',
    has: { ...everything, batches: false },
    make,
  }
}

/** The newest, one of the middle, the lowest that is supported, and the classes of Bedrock and Vertex. */
export const clientKinds: readonly ClientKind[] = [
  kind('anthropic 1.11', Anthropic),
  kind('anthropic 0.100', AnthropicMiddle, { middleware: false }),
  kind('anthropic 0.60', AnthropicLowest, { middleware: false, parse: false, toolRunner: false }),
  bedrockKind(),
  vertexKind(),
]
