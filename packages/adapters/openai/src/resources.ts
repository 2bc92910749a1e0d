import type { ModelOperation } from '@pincer/protocol'

import type { AnswerReader } from './answer.ts'
import { chatReader } from './convert-chat.ts'

/** One method of the client that calls a model. */
export type ModelMethod = readonly [
  /** Where it hangs on the client. */
  path: string,
  operation: ModelOperation,
  /** The field of the body that is the input. */
  inputField: string,
  /** Reads its answers; loaded when the method is called, where it is not here. */
  reader?: AnswerReader,
]

/**
 * Every method that calls a model. `parse`, `stream` and `runTools` are not here: they go through `create`,
 * so that each call is seen once whatever helper made it.
 */
export const modelMethods: readonly ModelMethod[] = [
  ['chat.completions.create', 'chat', 'messages', chatReader],
  ['completions.create', 'completion', 'prompt', chatReader],
  ['responses.create', 'response', 'input'],
  ['responses.compact', 'response', 'input'],
  ['beta.responses.create', 'response', 'input'],
  ['beta.responses.compact', 'response', 'input'],
  ['embeddings.create', 'embedding', 'input'],
  ['images.generate', 'image', 'prompt'],
  ['images.edit', 'image', 'prompt'],
  ['images.createVariation', 'image', 'image'],
  ['audio.transcriptions.create', 'transcription', 'file'],
  ['audio.translations.create', 'translation', 'file'],
  ['audio.speech.create', 'speech', 'input'],
  ['moderations.create', 'moderation', 'input'],
]

/** The methods that show the end of a response that is made in the background. */
export const followMethods: readonly string[] = [
  'responses.retrieve',
  'responses.cancel',
  'beta.responses.retrieve',
  'beta.responses.cancel',
]
