import { readFileSync } from 'node:fs'

/** One field of a request, as the official clients were seen to send it. */
interface FactField {
  readonly name: string
  readonly type: string
  readonly always_sent: boolean
  readonly server_required: boolean
}

/** One pair of a method and an endpoint, as it was found. */
export interface FactRow {
  readonly python: string | null
  readonly node_v2: string | null
  readonly category: string
  readonly method: string
  readonly path: string
  readonly path_params: readonly string[]
  readonly query: readonly FactField[]
  readonly body: readonly FactField[]
  readonly accepts_kwargs: boolean
  readonly server_reads: readonly string[]
  readonly server_required: readonly string[]
  readonly role: string
  readonly success_status: number
  readonly response: string
  readonly server: { readonly routed_in_2_0_x: boolean; readonly routed_in_2_10_era: boolean }
  readonly kind: string
  /** What the published Python client of 2.10.0 makes of it. */
  readonly client_2_10_0: 'ok' | 'broken' | 'documented' | 'no wrapper'
}

/** What was found, row by row. */
export const endpoints: readonly FactRow[] = JSON.parse(
  readFileSync(new URL('fixtures/endpoints.json', import.meta.url), 'utf8'),
) as FactRow[]

/** The name of a Python method as our client has it. */
export function camelCase(name: string): string {
  return name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}

/** Every name of the document, in our spelling. */
export const documentNames: readonly string[] = [
  ...new Set(endpoints.flatMap(({ python }) => (python === null ? [] : [camelCase(python)]))),
]
