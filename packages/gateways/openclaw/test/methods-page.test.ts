import { expect, it } from 'vitest'
import { OpenClaw } from '../src/index.ts'
import { methodTables } from '../src/methods/rpc.ts'
import { ClientTransport } from './client-transport.ts'

const oc = new OpenClaw({ transport: new ClientTransport() })

// Rows that a handle or another surface stands in front of.
function callOf(category: string, name: string, rpc: string): string {
  const surface: unknown = Reflect.get(oc, category)
  const isThere =
    typeof surface === 'object' && surface !== null && typeof Reflect.get(surface, name) === 'function'
  return isThere ? `oc.${category}.${name}()` : `oc.request('${rpc}')`
}

it('METHODS.md lists what the tables hold', async () => {
  const lines = Object.entries(methodTables).flatMap(([category, table]) => [
    `\n## ${category}\n`,
    '| call | method | scope |',
    '| --- | --- | --- |',
    ...Object.entries(table).map(
      ([name, { rpc, scope }]) => `| \`${callOf(category, name, rpc)}\` | \`${rpc}\` | \`${scope}\` |`,
    ),
  ])
  const head = [
    '# Methods',
    '',
    'Every method of the OpenClaw Gateway that has types here, made from the tables in `src/methods`. Any other goes by',
    '`oc.request(name, params)`. The parameters and results are the types of `@openclaw/gateway-protocol`.',
  ]
  await expect(`${[...head, ...lines].join('\n')}\n`).toMatchFileSnapshot('../METHODS.md')
})
