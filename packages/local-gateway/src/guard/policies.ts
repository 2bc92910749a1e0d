import type { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '@pincer/protocol'
import { comparePolicies, type CompiledPolicy, compilePolicy } from './match-policy.ts'
import type { Policy } from './policy.ts'
import type { KeptPolicy, PolicyBook } from './policy-book.ts'
import { checkPolicyOption, readPolicyFile } from './policy-file.ts'
import { policySchema } from './policy-schema.ts'

/** The policies of a gateway, and what its guard needs of them. */
export interface Policies extends PolicyBook {
  /** All policies made ready, in the order in which they decide. */
  compiled(): readonly CompiledPolicy[]
}

/** What {@link createPolicies} needs. */
export interface PoliciesOptions {
  readonly database: DatabaseSync
  readonly policies?: readonly Policy[] | undefined
  readonly policyFile?: string | undefined
  readonly now: () => number
}

const maxStored = 1000

/**
 * Opens the policies: those of the options, those of the file, and those the API stored.
 *
 * @throws PincerError `invalid_option` where an option or the file holds something that is not a policy.
 */
export function createPolicies(options: PoliciesOptions): Policies {
  const { database, policyFile, now } = options
  const fromOptions = checkPolicyOption(options.policies ?? [])
  const selectAll = database.prepare('SELECT id, body FROM policies')
  const insert = database.prepare(
    'INSERT INTO policies (id, body, updated_at) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at',
  )
  const remove = database.prepare('DELETE FROM policies WHERE id = ?')
  const version = database.prepare('PRAGMA data_version')
  let fromFile = readFile()
  let kept: ReadonlyMap<string, KeptPolicy> = new Map()
  let compiled: readonly CompiledPolicy[] = []
  let seenVersion: unknown

  function readFile(): readonly Policy[] {
    return policyFile === undefined ? [] : readPolicyFile(policyFile)
  }

  function load(): void {
    const all = new Map<string, KeptPolicy>()
    for (const policy of fromOptions) all.set(policy.id, { ...policy, source: 'options' })
    for (const policy of fromFile) all.set(policy.id, { ...policy, source: 'file' })
    for (const row of selectAll.all()) {
      const policy = policySchema.parse(JSON.parse(String(row['body'])))
      all.set(policy.id, { ...policy, source: 'api' })
    }
    const ordered = [...all.values()].toSorted(comparePolicies)
    kept = new Map(ordered.map((policy) => [policy.id, policy]))
    compiled = ordered.map(compilePolicy)
  }

  // Another process may share the file: its changes must hold here too.
  function refresh(): void {
    const found = version.get()?.['data_version']
    if (found === seenVersion) return
    seenVersion = found
    load()
  }

  refresh()
  return {
    list: () => {
      refresh()
      return [...kept.values()]
    },
    get: (id) => {
      refresh()
      return kept.get(id)
    },
    put: (policy) => {
      refresh()
      const stored = [...kept.values()].filter(
        (found) => found.source === 'api' && found.id !== policy.id,
      ).length
      if (stored >= maxStored) {
        throw new GatewayError(`there are already ${maxStored} policies; delete one first`, {
          status: 409,
          gatewayCode: 'too_many_policies',
        })
      }
      fromFile = readFile()
      insert.run(policy.id, JSON.stringify(policy), now())
      load()
      return { ...policy, source: 'api' }
    },
    delete: (id) => {
      refresh()
      const found = kept.get(id)
      if (found !== undefined && found.source !== 'api') {
        throw new GatewayError(
          `the policy "${id}" stands in the gateway's ${found.source}; change it there, or put a policy of the same id above it`,
          { status: 409, gatewayCode: 'policy_from_configuration' },
        )
      }
      fromFile = readFile()
      remove.run(id)
      load()
      return found !== undefined
    },
    compiled: () => {
      refresh()
      return compiled
    },
  }
}
