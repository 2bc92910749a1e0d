import type { ModelOperation } from '@pincer/protocol'

/**
 * Every method that calls a model, by its place on the client. `parse`, `stream` and `runTools` are not here: they go
 * through `create`, so that each call is seen once whatever helper made it. What stands under `beta` too is watched there.
 */
export const modelMethods: readonly (readonly [path: string, operation: ModelOperation])[] = [
  ['chat.completions.create', 'chat'],
  ['completions.create', 'completion'],
  ['responses.create', 'response'],
  ['responses.compact', 'response'],
  ['embeddings.create', 'embedding'],
  ['moderations.create', 'moderation'],
  ['images.generate', 'image'],
  ['images.edit', 'image'],
  ['images.createVariation', 'image'],
  ['audio.transcriptions.create', 'transcription'],
  ['audio.translations.create', 'translation'],
  ['audio.speech.create', 'speech'],
]

/** The methods that show the end of a response that is made in the background. */
export const followMethods: readonly string[] = ['responses.retrieve', 'responses.cancel']
