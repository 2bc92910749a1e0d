import { HumanMessage, type MessageContent } from '@langchain/core/messages'
import { UnsupportedByGatewayError } from '@pincer/protocol'
import { expect, it } from 'vitest'

import type { Ability, ChatModelSubject } from './subject.ts'

const data = Buffer.from('not really').toString('base64')
const media: readonly (readonly [Ability, readonly MessageContent[]])[] = [
  [
    'image',
    [
      [{ type: 'image', mimeType: 'image/png', data }],
      [{ type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } }],
      [{ type: 'image', source_type: 'url', url: 'https://example.com/cat.png' }],
    ],
  ],
  [
    'audio',
    [[{ type: 'audio', mimeType: 'audio/wav', data }], [{ type: 'input_audio', input_audio: { data } }]],
  ],
  ['file', [[{ type: 'file', mimeType: 'application/pdf', data }], [{ type: 'file', fileId: 'file_1' }]]],
]

/** Blocks of content: four checks. */
export function contentChecks(subject: () => ChatModelSubject): void {
  it('takes blocks of text', async () => {
    const { prompts } = subject()
    const text = prompts.say('read in blocks')
    const model = subject().model()
    expect((await model.invoke([new HumanMessage({ content: [{ type: 'text', text }] })])).text).toBe(
      'read in blocks',
    )
    const standard = new HumanMessage({ contentBlocks: [{ type: 'text', text }] })
    expect((await model.invoke([standard])).text).toBe('read in blocks')
    expect((await model.invoke([['human', [{ type: 'text', text }]]])).text).toBe('read in blocks')
  })

  it.each(media)('takes %s blocks, or says that it cannot', async (ability, contents) => {
    const { cannot, gatewayName, prompts } = subject()
    for (const content of contents) {
      const blocks = [{ type: 'text', text: prompts.say('seen') }, ...(Array.isArray(content) ? content : [])]
      const answer = subject()
        .model()
        .invoke([new HumanMessage({ content: blocks })])
      if (!cannot.includes(ability)) {
        expect((await answer).text).toBe('seen')
        continue
      }
      const refusal = await answer.catch((error: unknown) => error)
      expect(refusal).toBeInstanceOf(UnsupportedByGatewayError)
      expect(refusal).toMatchObject({ gateway: gatewayName, capability: expect.stringContaining(ability) })
    }
  })
}
