import type { Gateway } from '@pincer/protocol'
import { expect, it } from 'vitest'
import { partOf } from './part-of.ts'
import type { GatewaySubject } from './subject.ts'

/** What every gateway that turns texts into vectors holds to. */
export function contractEmbeddings(subject: () => GatewaySubject): void {
  const embeddings = (): NonNullable<Gateway['embeddings']> => partOf(subject().gateway.embeddings)
  const named = (): { readonly model?: string } => {
    const { embeddingModel: model } = subject()
    return model === undefined ? {} : { model }
  }

  it('makes one vector per text, in their order, and the same for the same', async () => {
    const values = ['a crab on the shore', 'taxes in winter', 'a crab on the shore']
    const { vectors, usage } = await embeddings().embed({ ...named(), values })
    const [first = [], second = [], third = []] = vectors
    expect(vectors).toHaveLength(3)
    expect(first.length).toBeGreaterThan(1)
    expect(first.every(Number.isFinite)).toBe(true)
    expect(second).toHaveLength(first.length)
    expect(second).not.toEqual(first)
    expect(third).toEqual(first)
    if (usage !== undefined) expect(usage.inputTokens).toBeGreaterThan(0)
    const alone = await embeddings().embed({ ...named(), values: ['taxes in winter'] })
    expect(alone.vectors).toEqual([second])
  })

  it('makes many, and none of none', async () => {
    const values = Array.from({ length: 200 }, (_, at) => `crab number ${at}`)
    const { vectors } = await embeddings().embed({ ...named(), values })
    expect(vectors).toHaveLength(200)
    const [last] = (await embeddings().embed({ ...named(), values: ['crab number 199'] })).vectors
    expect(vectors.at(-1)).toEqual(last)
    expect(await embeddings().embed({ ...named(), values: [] })).toMatchObject({ vectors: [] })
  })

  it('refuses a text without anything in it, and gives up when told to', async () => {
    await expect(embeddings().embed({ ...named(), values: ['crab', ''] })).rejects.toMatchObject({
      status: 400,
      retryable: false,
    })
    const signal = AbortSignal.abort(new Error('not any more'))
    await expect(embeddings().embed({ ...named(), values: ['crab'] }, { signal })).rejects.toThrow(
      'not any more',
    )
  })
}
