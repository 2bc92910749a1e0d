import type { Gateway } from '@pincer/protocol'
import { describeValue, PincerError } from '@pincer/protocol'
import type { CallContext } from '../methods/bind-methods.ts'
import { isFields } from '../request/invalid-input.ts'
import { createTokenSink } from './token-sink.ts'

/** Whose client a model client is. */
export type Provider = 'openai' | 'anthropic'

/** Reports the tokens of wrapped clients. */
export interface ClientWrapper {
  /**
   * Gives a client like the given one whose every call is reported.
   *
   * @throws PincerError `invalid_option` where it is no client that is known, or the package for it is not installed.
   */
  wrap<Client extends object>(client: Client, provider?: Provider): Promise<Client>
  /** Reports what is not reported yet, and ends it. */
  close(): Promise<void>
}

// What is used of the packages, which are loaded only when they are wanted.
interface Core {
  readonly createClient: (options: { gateway: Gateway }) => { close(): Promise<unknown> }
}
type Adapter = Readonly<Record<string, ((client: object, claw: unknown) => object) | undefined>>

const adapters: Readonly<Record<Provider, { readonly name: string; readonly wrap: string }>> = {
  openai: { name: '@pincer/openai', wrap: 'wrapOpenAI' },
  anthropic: { name: '@pincer/anthropic', wrap: 'wrapAnthropic' },
}

/** Makes a wrapper for a client of DashClaw; loads nothing yet. */
export function createClientWrapper(context: CallContext): ClientWrapper {
  let claw: Promise<{ close(): Promise<unknown> }> | undefined
  async function open(): Promise<{ close(): Promise<unknown> }> {
    const { createClient } = await load<Core>('@pincer/core', 'openai')
    const gateway: Gateway = {
      name: 'dashclaw-tokens',
      events: createTokenSink(context),
      close: () => Promise.resolve(),
    }
    return createClient({ gateway })
  }
  return {
    async wrap(client, provider) {
      const kind = provider ?? detectProvider(client)
      const adapter = adapters[kind]
      const { [adapter.wrap]: wrap } = await load<Adapter>(adapter.name, kind)
      if (wrap === undefined) throw missing(adapter.name, kind)
      claw ??= open()
      // The adapter gives back an object of the class that it was given.
      return wrap(client, await claw) as typeof client
    },
    async close() {
      const open = claw
      claw = undefined
      await (await open)?.close()
    },
  }
}

// The one place where a gateway loads an adapter, and core for it: by name, so that neither is a dependency.
async function load<Module>(name: string, provider: Provider): Promise<Module> {
  try {
    return (await import(/* @vite-ignore */ name)) as Module
  } catch (error) {
    if (isFields(error) && error['code'] === 'ERR_MODULE_NOT_FOUND') throw missing(name, provider)
    throw error
  }
}

function missing(name: string, provider: Provider): PincerError {
  return new PincerError(
    'invalid_option',
    `wrapClient: a client of ${provider} needs the package ${name}; install it with \`npm install @pincer/core ${adapters[provider].name}\``,
  )
}

function detectProvider(client: unknown): Provider {
  if (hasFunction(client, 'messages', 'create')) return 'anthropic'
  if (hasFunction(client, 'chat', 'completions', 'create')) return 'openai'
  throw new PincerError(
    'invalid_option',
    `wrapClient: expected a client of OpenAI or Anthropic, found ${describeValue(client)}; if it is one, say which: wrapClient(client, { provider: 'openai' })`,
  )
}

function hasFunction(value: unknown, ...path: readonly string[]): boolean {
  let found = value
  for (const name of path) {
    if (typeof found !== 'object' || found === null) return false
    found = (found as Record<string, unknown>)[name]
  }
  return typeof found === 'function'
}
