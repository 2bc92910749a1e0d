import type { ModelCallOptions } from '@pincer/core'
import type { Answer, AnswerReader, Collector, TextTaker } from '@pincer/core/wrapping'

/** Makes a reader of everything that is not a conversation: embeddings, images, sound, moderations. */
export function createMediaReader(operation: ModelCallOptions['operation']): AnswerReader<TextTaker> {
  return { read: (value) => readMedia(value, operation), collect: (taker) => new MediaCollector(taker) }
}

function readMedia(value: any, operation: ModelCallOptions['operation']): Answer {
  if (operation === 'embedding') return readEmbedding(value)
  if (operation === 'image') return readImages(value)
  if (operation === 'speech') return done(value, { mediaType: value.mediaType, bytes: value.bytes })
  return operation === 'moderation' ? readModeration(value) : readTranscription(value)
}

// Reads embeddings: how many and how long, never the vectors.
function readEmbedding(value: any): Answer {
  const vectors: any[] = value.data ?? []
  const first = vectors[0]?.embedding
  return done(value, { count: vectors.length, ...(Array.isArray(first) && { dimensions: first.length }) })
}

// Reads generated images: addresses and sizes, never the pixels.
function readImages(value: any): Answer {
  const images: any[] = value.data ?? []
  return done(
    value,
    images.map(({ b64_json: pixels, ...image }) =>
      typeof pixels === 'string' ? { ...image, bytes: (pixels.length * 3) >> 2 } : image,
    ),
    images.length > 0,
  )
}

// Reads a transcription or a translation, in any of its formats.
function readTranscription(value: any): Answer {
  if (typeof value === 'string') return done({}, value)
  // Verbose answers of older models tell the length of the audio instead of a usage.
  const usage = value.usage ?? (value.duration === undefined ? undefined : { seconds: value.duration })
  return done({ ...value, usage }, value.text, value.finished)
}

// Reads a moderation: what was flagged, and for what.
function readModeration(value: any): Answer {
  const results: any[] = value.results ?? []
  return done(
    value,
    results.map(({ flagged, categories }) => ({
      flagged,
      categories: Object.keys(categories ?? {}).filter((name) => categories[name] === true),
    })),
  )
}

// Puts the events of an image, a transcription or a speech stream together: only their last event counts.
class MediaCollector implements Collector {
  readonly value: any = { data: [], finished: false }
  readonly #taker: TextTaker

  constructor(taker: TextTaker) {
    this.#taker = taker
  }

  add(event: any): void {
    const value = this.value
    const type = String(event.type)
    if (type === 'transcript.text.delta') {
      value.text = (value.text ?? '') + event.delta
      this.#taker.delta(event.delta)
      return
    }
    this.#taker.touch()
    if (event.usage) value.usage = event.usage
    if (type.endsWith('.completed')) value.data.push({ b64_json: event.b64_json })
    if (type === 'transcript.text.done') value.text = event.text
    if (type.endsWith('.done')) value.finished = true
  }
}

function done(value: any, output: unknown, finished = true): Answer {
  return { outcome: 'ok', finished, output, usage: value.usage, model: value.model, responseId: value.id }
}
