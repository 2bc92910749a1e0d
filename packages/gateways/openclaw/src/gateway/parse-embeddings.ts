import { emptyUsage, type Usage } from '@pincer/protocol'

/** What the Gateway answered a request for vectors with. */
export interface EmbeddingAnswer {
  readonly vectors: readonly (readonly number[])[]
  /** Absent where the Gateway counts nothing, as it does for now. */
  readonly usage?: Usage
}

/** Reads the answer of `POST /v1/embeddings`; `undefined` where it does not hold one vector for each of `count` texts. */
export function parseEmbeddings(body: string, count: number): EmbeddingAnswer | undefined {
  const found: any = parseJson(body)
  const rows: readonly any[] = Array.isArray(found?.data) ? found.data : []
  const vectors: (readonly number[] | undefined)[] = Array.from({ length: count }, () => undefined)
  for (const [at, row] of rows.entries()) vectors[Number(row?.index ?? at)] = parseVector(row?.embedding)
  const whole = vectors.filter((vector) => vector !== undefined)
  if (rows.length !== count || vectors.length !== count || whole.length !== count) return undefined
  const tokens = found?.usage?.total_tokens
  if (typeof tokens !== 'number' || !(tokens > 0)) return { vectors: whole }
  return { vectors: whole, usage: { ...emptyUsage, inputTokens: tokens, totalTokens: tokens } }
}

function parseVector(value: any): readonly number[] | undefined {
  return Array.isArray(value) && value.length > 0 && value.every((part) => typeof part === 'number')
    ? value
    : undefined
}

function parseJson(text: string): any {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
