import { expect, test } from 'vitest'
import { DashClaw } from '../src/index.ts'
import { methodTables } from '../src/methods/method-tables.ts'
import { camelCase, endpoints, type FactRow } from './endpoints.ts'

const official: Readonly<Record<FactRow['client_2_10_0'], string>> = {
  ok: 'works',
  broken: 'never reaches the server',
  documented: 'documented, absent',
  'no wrapper': 'none',
}
const servers = { both: '2.0, 2.10', '2.0': '2.0', '2.10': '2.10', none: 'none' } as const

function lineOf(
  name: string,
  facts: FactRow | undefined,
  row: { http: string; role?: string; servers: string },
): string {
  const python = facts === undefined ? 'none' : official[facts.client_2_10_0]
  const node = facts?.node_v2 === null || facts === undefined ? '' : 'yes'
  return `| \`${name}()\` | ${row.http} | ${row.role ?? ''} | ${row.servers} | ${python} | ${node} |`
}

function linesOf(category: string): string[] {
  const table = methodTables[category] ?? {}
  const inTable = Object.entries(table).map(([name, row]) => {
    const facts = endpoints.find(({ python }) => python !== null && camelCase(python) === name)
    return lineOf(name, facts, {
      http: `${row.verb} \`${row.path}\``,
      ...(row.role === undefined ? {} : { role: row.role }),
      servers: servers[row.servers],
    })
  })
  const composed = endpoints.filter(
    (facts, index) =>
      facts.category === category &&
      facts.python !== null &&
      !(camelCase(facts.python) in table) &&
      camelCase(facts.python) in DashClaw.prototype &&
      endpoints.findIndex(({ python }) => python === facts.python) === index,
  )
  return [
    ...inTable,
    ...composed.map((facts) =>
      lineOf(camelCase(facts.python ?? ''), facts, { http: 'composed', servers: '' }),
    ),
  ]
}

test('METHODS.md lists what the client has', async () => {
  const categories = [
    ...new Set(endpoints.map(({ category }) => category)),
    ...Object.keys(methodTables),
  ].filter((category, index, all) => all.indexOf(category) === index && linesOf(category).length > 0)
  const head = [
    '# Methods',
    '',
    'Every call of the client, made from the tables in `src/methods`. `key` is the role that the API key needs where not every',
    'key may; `servers` are the server lines that route it. The last two columns tell what the official clients of 2.10.0 make of',
    'the same call: Python, and Node v2.',
  ]
  const lines = categories.flatMap((category) => [
    `\n## ${category}\n`,
    '| call | HTTP | key | servers | Python | Node v2 |',
    '| --- | --- | --- | --- | --- | --- |',
    ...linesOf(category),
  ])
  await expect(`${[...head, ...lines].join('\n')}\n`).toMatchFileSnapshot('../METHODS.md')
})
