import type { JsonObject } from '@pincer/protocol'
import type { LoopType } from '../methods/integrity-results.ts'
import { isFields } from '../request/invalid-input.ts'

/** What a run leaves open, takes for true and tells others, as its metadata says. */
export interface RunNotes {
  readonly loops: readonly {
    readonly type: LoopType
    readonly description: string
    readonly details: JsonObject
  }[]
  readonly assumptions: readonly { readonly assumption: string; readonly basis?: string }[]
  readonly messages: readonly {
    readonly body: string
    readonly to?: string
    readonly subject?: string
    readonly type?: string
  }[]
}

const loopTypes: readonly unknown[] = [
  'followup',
  'question',
  'dependency',
  'approval',
  'review',
  'handoff',
  'other',
]
const mostOfEach = 100

/** Reads `metadata.dashclaw` of a run; what it cannot make out is left out. */
export function parseRunNotes(metadata: JsonObject | undefined): RunNotes {
  const given = metadata?.['dashclaw']
  const notes = isFields(given) ? given : {}
  return {
    loops: listOf(notes['loops']).flatMap((item) => {
      const description = textOf(item, 'description')
      if (description === undefined) return []
      const fields = isFields(item) ? item : {}
      const type = fields['loop_type'] ?? fields['type']
      const details = { ...pick(fields, 'priority'), ...pick(fields, 'owner') }
      // One of the types that were looked for.
      return [{ type: loopTypes.includes(type) ? (type as LoopType) : 'followup', description, details }]
    }),
    assumptions: listOf(notes['assumptions']).flatMap((item) => {
      const assumption = textOf(item, 'assumption')
      return assumption === undefined ? [] : [{ assumption, ...pick(item, 'basis') }]
    }),
    messages: listOf(notes['messages']).flatMap((item) => {
      const body = textOf(item, 'body')
      if (body === undefined) return []
      return [{ body, ...pick(item, 'to'), ...pick(item, 'subject'), ...pick(item, 'type') }]
    }),
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, mostOfEach) : []
}

// A text alone stands for an object with nothing else.
function textOf(item: unknown, name: string): string | undefined {
  const text: unknown = isFields(item) ? item[name] : item
  return typeof text === 'string' && text.trim() !== '' ? text : undefined
}

function pick<Name extends string>(item: unknown, name: Name): { readonly [Key in Name]?: string } {
  const value: unknown = isFields(item) ? item[name] : undefined
  // One field, by its name.
  return (typeof value === 'string' ? { [name]: value } : {}) as { readonly [Key in Name]?: string }
}
