import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { methodTables } from '../src/methods/rpc.ts'

const { methods } = JSON.parse(
  readFileSync(new URL('../protocol.schema.json', pathOf('@openclaw/gateway-protocol')), 'utf8'),
) as { readonly methods: Readonly<Record<string, { readonly scope: string }>> }

function pathOf(name: string): URL {
  return new URL(`file://${createRequire(import.meta.url).resolve(name)}`)
}

const rows = Object.entries(methodTables).flatMap(([category, table]) =>
  Object.entries(table).map(([name, method]) => ({ call: `${category}.${name}`, ...method })),
)

// The protocol package leaves the scope of these open: it depends on the parameters.
const dynamic = new Set(['agent', 'sessions.create', 'sessions.patch', 'sessions.delete'])

describe('the tables of methods', () => {
  it('hold every method of the document and of the facts', () => {
    expect(rows.length).toBeGreaterThan(70)
    expect(new Set(rows.map((row) => row.rpc)).size).toBe(rows.length)
  })

  it.each(rows)('$call: $rpc is a method of the protocol, with this scope', ({ rpc, scope }) => {
    const known = methods[rpc]
    expect(known, `${rpc} is not in protocol.schema.json`).toBeDefined()
    if (dynamic.has(rpc)) expect([known?.scope, scope]).toEqual(['dynamic', 'operator.write'])
    else expect(scope).toBe(known?.scope)
  })
})
