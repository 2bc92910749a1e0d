import type { ModelOperation } from '@pincer/protocol'

import type { Answer, Collector } from './answer.ts'
import { ChatCollector, readChat } from './convert-chat.ts'
import { MediaCollector, readEmbedding, readImages, readModeration, readSpeech, readTranscription } from './convert-media.ts'
import { ResponseCollector, readResponse } from './convert-response.ts'

/** One method of the client that calls a model. */
export type ModelMethod = readonly [
  /** Where it hangs on the client, such as `chat.completions.create`. */
  path: string,
  operation: ModelOperation,
  /** The field of the body that is the input. */
  input: string,
  /** Reads a whole answer. */
  read: (value: unknown) => Answer,
  /** Puts a stream together. */
  Collector: new () => Collector,
]

/**
 * Every method that calls a model. `parse`, `stream` and `runTools` are not here: they go through `create`,
 * so that each call is seen once whatever helper made it.
 */
export const modelMethods: readonly ModelMethod[] = [
  ['chat.completions.create', 'chat', 'messages', readChat, ChatCollector],
  ['completions.create', 'completion', 'prompt', readChat, ChatCollector],
  ['responses.create', 'response', 'input', readResponse, ResponseCollector],
  ['responses.compact', 'response', 'input', readResponse, ResponseCollector],
  ['beta.responses.create', 'response', 'input', readResponse, ResponseCollector],
  ['beta.responses.compact', 'response', 'input', readResponse, ResponseCollector],
  ['embeddings.create', 'embedding', 'input', readEmbedding, MediaCollector],
  ['images.generate', 'image', 'prompt', readImages, MediaCollector],
  ['images.edit', 'image', 'prompt', readImages, MediaCollector],
  ['images.createVariation', 'image', 'image', readImages, MediaCollector],
  ['audio.transcriptions.create', 'transcription', 'file', readTranscription, MediaCollector],
  ['audio.translations.create', 'translation', 'file', readTranscription, MediaCollector],
  ['audio.speech.create', 'speech', 'input', readSpeech, MediaCollector],
  ['moderations.create', 'moderation', 'input', readModeration, MediaCollector],
]

/** The methods that show the end of a response that is made in the background. */
export const followMethods: readonly string[] = [
  'responses.retrieve',
  'responses.cancel',
  'beta.responses.retrieve',
  'beta.responses.cancel',
]
