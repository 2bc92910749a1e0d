import type { BaseMessage } from '@langchain/core/messages'
import { UnsupportedByGatewayError } from '@pincer/protocol'

// What an answer can hold besides its text, and nobody needs to be told again.
const ofAnswers = /reasoning|thinking|tool_(?:call|use)|tool_result|input_json_delta|non_standard/

/**
 * The text of a message.
 *
 * @throws UnsupportedByGatewayError for images, sounds and files, which runs of agents do not take
 */
export function textOf(message: BaseMessage, gateway: string): string {
  const { content } = message
  if (typeof content === 'string') return content
  const isAnswer = message.type === 'ai'
  const texts = content.flatMap((block) => {
    const { type, text } = block
    if ((type === 'text' || type === 'text-plain') && typeof text === 'string') return [text]
    if (isAnswer && ofAnswers.test(type)) return []
    throw new UnsupportedByGatewayError(
      gateway,
      `content of type "${type.slice(0, 40)}" in a ${message.type} message`,
      'its agents are told text only',
    )
  })
  return texts.filter((text) => text !== '').join(isAnswer ? '' : '\n\n')
}
