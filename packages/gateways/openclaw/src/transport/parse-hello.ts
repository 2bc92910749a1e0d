import { isRecord } from '../connection/wire-error.ts'
import type { GatewayHello } from './transport.ts'

/** Reads what this client uses of a `hello-ok`, without trust in the rest. */
export function parseHello(hello: unknown): GatewayHello {
  const server = read(hello, 'server')
  const defaults = read(read(hello, 'snapshot'), 'sessionDefaults')
  const protocol = read(hello, 'protocol')
  const defaultAgentId = readText(defaults, 'defaultAgentId') ?? 'main'
  return {
    // A Gateway without boot ids is taken for a new one at every connection, which costs a look at open runs.
    bootId: readText(server, 'bootId') ?? readText(server, 'connId') ?? '',
    version: readText(server, 'version') ?? 'unknown',
    protocol: typeof protocol === 'number' ? protocol : 0,
    scopes: readTexts(read(hello, 'auth'), 'scopes'),
    defaultAgentId,
    mainSessionKey: readText(defaults, 'mainSessionKey') ?? `agent:${defaultAgentId}:main`,
    methods: readTexts(read(hello, 'features'), 'methods'),
  }
}

function read(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

function readText(value: unknown, name: string): string | undefined {
  const found = read(value, name)
  return typeof found === 'string' && found !== '' ? found : undefined
}

function readTexts(value: unknown, name: string): readonly string[] {
  const found = read(value, name)
  return Array.isArray(found) ? found.filter((item) => typeof item === 'string') : []
}
