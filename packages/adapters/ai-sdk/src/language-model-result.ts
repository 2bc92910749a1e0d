import type {
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider'

import type { OpenCall } from './language-model-open.ts'

type Part = LanguageModelV4StreamPart

/**
 * Reads a call to its end, as one answer; text that was taken back on the way is no part of it.
 *
 * @throws the error of a run that failed, or the reason for which it was stopped
 */
export async function readResult({ parts, body }: OpenCall): Promise<LanguageModelV4GenerateResult> {
  const content: { readonly block?: string; readonly part: LanguageModelV4Content }[] = []
  const blocks = new Map<string, { text: string }>()
  let start: Extract<Part, { type: 'stream-start' }> | undefined
  let response: Extract<Part, { type: 'response-metadata' }> | undefined
  let finish: Extract<Part, { type: 'finish' }> | undefined
  for (let batch = await parts.next(); batch !== undefined; batch = await parts.next()) {
    for (const part of batch) {
      switch (part.type) {
        case 'stream-start':
          start = part
          break
        case 'response-metadata':
          response = part
          break
        case 'finish':
          finish = part
          break
        case 'text-start':
        case 'reasoning-start': {
          const type = part.type === 'text-start' ? 'text' : 'reasoning'
          const block: Extract<LanguageModelV4Content, { type: 'text' | 'reasoning' }> = { type, text: '' }
          if (part.providerMetadata !== undefined) block.providerMetadata = part.providerMetadata
          blocks.set(part.id, block)
          content.push({ block: part.id, part: block })
          break
        }
        case 'text-delta':
        case 'reasoning-delta': {
          const block = blocks.get(part.id)
          if (block !== undefined) block.text += part.delta
          break
        }
        case 'text-end':
        case 'reasoning-end':
          // How far was told stands in the end of a block.
          Object.assign(blocks.get(part.id) ?? {}, { providerMetadata: part.providerMetadata })
          break
        case 'tool-result':
          // Whoever reads the whole at once needs no progress.
          if (part.preliminary !== true) content.push({ part })
          break
        case 'tool-call':
        case 'tool-approval-request':
        case 'file':
        case 'source':
        case 'custom':
          content.push({ part })
          break
        default:
      }
    }
  }
  if (parts.failure !== undefined) throw parts.failure.error
  if (finish === undefined) throw new Error('the run ended without an end')
  const { id, timestamp, modelId } = response ?? {}
  return {
    content: content.flatMap(({ block = '', part }) => (parts.replaced.has(block) ? [] : [part])),
    finishReason: finish.finishReason,
    usage: finish.usage,
    ...(finish.providerMetadata !== undefined && { providerMetadata: finish.providerMetadata }),
    request: { body },
    response: {
      ...(id !== undefined && { id }),
      ...(timestamp !== undefined && { timestamp }),
      ...(modelId !== undefined && { modelId }),
      ...(parts.result !== undefined && { body: parts.result }),
    },
    warnings: start?.warnings ?? [],
  }
}
