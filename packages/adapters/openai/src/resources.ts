import type { ModelOperation } from '@pincer/protocol'

import type { AnswerReader } from './answer.ts'
import { chatReader } from './convert-chat.ts'
import { mediaReader } from './convert-media.ts'
import { responseReader } from './convert-response.ts'

/** One method of the client that calls a model. */
export type ModelMethod = readonly [
  /** Where it hangs on the client. */
  path: string,
  operation: ModelOperation,
  /** The field of the body that is the input. */
  inputField: string,
  reader: AnswerReader,
]

/**
 * Every method that calls a model. `parse`, `stream` and `runTools` are not here: they go through `create`,
 * so that each call is seen once whatever helper made it.
 */
export const modelMethods: readonly ModelMethod[] = [
  ['chat.completions.create', 'chat', 'messages', chatReader],
  ['completions.create', 'completion', 'prompt', chatReader],
  ['responses.create', 'response', 'input', responseReader],
  ['responses.compact', 'response', 'input', responseReader],
  ['beta.responses.create', 'response', 'input', responseReader],
  ['beta.responses.compact', 'response', 'input', responseReader],
  ['embeddings.create', 'embedding', 'input', mediaReader],
  ['images.generate', 'image', 'prompt', mediaReader],
  ['images.edit', 'image', 'prompt', mediaReader],
  ['images.createVariation', 'image', 'image', mediaReader],
  ['audio.transcriptions.create', 'transcription', 'file', mediaReader],
  ['audio.translations.create', 'translation', 'file', mediaReader],
  ['audio.speech.create', 'speech', 'input', mediaReader],
  ['moderations.create', 'moderation', 'input', mediaReader],
]

/** The methods that show the end of a response that is made in the background. */
export const followMethods: readonly string[] = [
  'responses.retrieve',
  'responses.cancel',
  'beta.responses.retrieve',
  'beta.responses.cancel',
]
