/*
 * How a row is written. A category is two files: `<category>-methods.ts` holds a table of rows by the name of the call,
 * `<category>-results.ts` beside it the types of what the calls take and give. A row says what is sent, and to where:
 *
 *   resolveOpenLoop: {
 *     verb: 'PATCH',
 *     path: '/api/actions/loops/{loop_id}',
 *     params: ['loop_id', 'status', 'resolution?'],
 *     servers: 'both',
 *   } as Method<(loopId: string, status: LoopEnd, resolution?: string) => Promise<LoopResolved>>,
 *
 * `params` are the arguments of the call in order, by their names on the wire: `name` must be given, `name?` may be left
 * out, `...name` is an object whose fields are sent each for itself (never over a `name`), `...name?` one that may be
 * left out, `...name[]` one or a list of such, which is sent under its name. A name that stands in `path` goes there; of
 * the rest, GET and DELETE send all in the query, the others in a JSON body, save what `query` names. Every call takes
 * `{ signal, timeoutMs }` behind its arguments by itself: it is in no row.
 *
 * Everything else is for the rows that need it: `own` for fields that the client fills with its own identity, `fixed` and
 * `defaults` for values, `names` for other spellings, `cut` and `atMost` for the server's limits, `isRepeatable` for a POST
 * or PATCH that does no harm when it arrives twice, `isRaw` for answers that are not JSON, `convertInput` and
 * `convertAnswer` (functions of a `convert-*.ts`) where the document and the server disagree.
 */
import type { RequestOptions } from '@pincer/protocol'

/** What every call takes behind its arguments. */
export interface CallOptions extends RequestOptions {
  /** Milliseconds for the whole call, repeats included; the client's `timeoutMs` where it is absent. */
  readonly timeoutMs?: number
}

/** What a request does. */
export type Verb = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** The servers that route a method: those of 2.0.x, those of the 2.10 era, both, or none that was read. */
type Servers = 'both' | '2.0' | '2.10' | 'none'

/** Which of its own names the client puts into a field that the caller leaves out. */
export type OwnName = 'agentId' | 'agentName' | 'swarmId'

/** The fields of a call by their names on the wire, before they are put into path, query and body. */
export type Fields = Readonly<Record<string, unknown>>

/** What a text or a list of texts is cut to, with a mark where something was left out. */
export type Cut = number | { readonly items: number; readonly characters: number }

/** What a row tells about its method. */
export interface MethodRow {
  readonly verb: Verb
  /** Path under the base URL, with the names of `params` in braces. */
  readonly path: string
  /** The arguments in order: `name`, `name?`, `...object`, `...object?` or `...objects[]`. */
  readonly params: readonly string[]
  /** Where servers of 2.0.x have it, and some others: asked next where `path` is not routed. */
  readonly otherPath?: string
  /** Which servers route it. */
  readonly servers: Servers
  /** Who may call it, where not every key may; `service` means an admin or a service. */
  readonly role?: 'admin' | 'service'
  /** Names that go into the query though the verb has a body. */
  readonly query?: readonly string[]
  /** Fields that the client fills with its own identity where the caller leaves them out. */
  readonly own?: Readonly<Record<string, OwnName>>
  /** Values that are always sent. */
  readonly fixed?: Fields
  /** Values that are sent where the caller gives none. */
  readonly defaults?: Fields
  /** Other spellings that are taken, and the name on the wire that each stands for. */
  readonly names?: Readonly<Record<string, string>>
  /** Texts for people that are cut to the server's limits, by field. */
  readonly cut?: Readonly<Record<string, Cut>>
  /** Most characters of texts that cannot be cut, such as names: longer ones are refused before anything is sent. */
  readonly atMost?: Readonly<Record<string, number>>
  /** True for a POST or PATCH that may arrive twice; the other verbs always may. */
  readonly isRepeatable?: boolean
  /** True where the answer is a file: the result is a `Download`. */
  readonly isRaw?: boolean
  /** Last change to the fields before they are sent. */
  readonly convertInput?: (fields: Fields) => Fields
  /** Adds the document's names to the server's answer. */
  readonly convertAnswer?: (answer: unknown) => unknown
}

type AnyCall = (...params: never[]) => Promise<unknown>

/** One row of a table of methods: what is sent, and the call that it makes. */
export interface Method<Call extends AnyCall = AnyCall> extends MethodRow {
  /** Carries the type of the call; never there at run time. */
  readonly call?: Call
}

/** A category's table: rows by the name of the call. */
export type MethodTable = Readonly<Record<string, Method>>

/** The calls that a table offers. */
export type Calls<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends Method<infer Call> ? WithOptions<Call> : never
}

type WithOptions<Call extends AnyCall> = (
  ...params: [...params: Parameters<Call>, options?: CallOptions | undefined]
) => ReturnType<Call>
