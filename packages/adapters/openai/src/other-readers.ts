import type { ModelCallOptions } from '@pincer/core'
import type { AnswerReader, CallWatch, TextTaker } from '@pincer/core/wrapping'

import { createMediaReader } from './convert-media.ts'
import { createCompletionReader, createRareChatReader } from './convert-rare-chat.ts'
import { createResponseReader } from './convert-response.ts'
import { followedInBackground } from './background-calls.ts'
import type { Wrapping } from './wrapping.ts'

/** Makes the reader of everything but ordinary chat completions; loaded by the first such call. */
export function createReader(
  wrapping: Wrapping,
  { operation, parameters }: ModelCallOptions,
  watch: CallWatch,
  chatReader: AnswerReader<TextTaker>,
): AnswerReader<TextTaker> {
  if (operation === 'chat') return createRareChatReader(chatReader)
  if (operation === 'completion') return createCompletionReader(chatReader)
  if (operation !== 'response') return createMediaReader(operation)
  return parameters?.['background'] === true
    ? followedInBackground(createResponseReader(), wrapping, watch)
    : createResponseReader()
}
