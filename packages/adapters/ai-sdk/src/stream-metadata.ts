import type { SharedV4ProviderMetadata } from '@ai-sdk/provider'
import type { ClawEvent, QuestionRequestedData } from '@pincer/protocol'

/** What `providerMetadata.pincer` tells: of results, and of parts of streams and messages. */
export type PincerMetadata = {
  /** Id of the run on the gateway. */
  readonly runId: string
  /** The session that goes on with what was said. */
  readonly sessionKey?: string
  /** Position in the run of what the part tells last. */
  readonly seq?: number
  /** Time of what the part tells last, epoch milliseconds; on parts only. */
  readonly ts?: number
  /** In US dollars; on results only. */
  readonly costUsd?: number
  /** The approval that is asked for. */
  readonly approvalId?: string
  /** The artifact that a file or a source stands for. */
  readonly artifactId?: string
  /** What a part `pincer.question` asks; it is answered on the gateway. */
  readonly question?: { readonly questionId: string; readonly text: string; readonly options?: string[] }
  /** Why the run was cancelled, blocked or denied; on results only. */
  readonly reason?: string
}

/** What a part `pincer.question` asks. */
export function toQuestion({
  questionId,
  text,
  options,
}: QuestionRequestedData): NonNullable<PincerMetadata['question']> {
  return { questionId, text, ...(options !== undefined && { options: [...options] }) }
}

/** How far the events of a run were told. */
export interface Position {
  readonly seq: number | undefined
  /** Epoch milliseconds. */
  readonly ts: number | undefined
}

/** Makes the metadata of the parts of one run. */
export class MetadataMaker {
  readonly #run: Pick<PincerMetadata, 'runId' | 'sessionKey'>

  constructor(runId: string, sessionKey: string | undefined) {
    this.#run = { runId, ...(sessionKey !== undefined && { sessionKey }) }
  }

  /** The metadata of a part that tells of an event. */
  of({ seq, ts }: Pick<ClawEvent, 'seq' | 'ts'>, more?: Partial<PincerMetadata>): SharedV4ProviderMetadata {
    return this.with({ ...(seq !== undefined && { seq }), ts, ...more })
  }

  /** The metadata of a part or a result. */
  with(more: Partial<PincerMetadata>): SharedV4ProviderMetadata {
    return { pincer: { ...this.#run, ...more } }
  }
}

/** Reads the metadata back from a message, which whoever kept it may have changed; `undefined` where it names no run. */
export function parseMetadata(options: unknown): PincerMetadata | undefined {
  const { runId, sessionKey, seq, ts } = Object(Object(options)['pincer'])
  if (typeof runId !== 'string' || runId === '') return undefined
  return {
    runId,
    ...(typeof sessionKey === 'string' && sessionKey !== '' && { sessionKey }),
    ...(Number.isFinite(seq) && { seq }),
    ...(Number.isFinite(ts) && { ts }),
  }
}

/** True for an event that was told before; its place and its time both decide, for a gateway may count anew. */
export function isTold({ seq, ts }: ClawEvent, told: Position | undefined): boolean {
  if (told?.seq === undefined || seq === undefined || seq > told.seq) return false
  return told.ts === undefined || ts <= told.ts
}
