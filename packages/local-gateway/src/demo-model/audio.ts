import { z } from 'zod'
import type { DemoContext } from './demo-context.ts'
import { DemoError } from './demo-error.ts'
import { parseBody } from './parse-body.ts'
import { parseScript } from './script.ts'
import { beginAnswer, sendEvents, sendJson, splitText } from './send-answer.ts'
import { countTokens } from './token-count.ts'

const speechRequest = z.looseObject({ model: z.string(), input: z.string(), voice: z.unknown() })
const samplesPerSecond = 8000
const tokensPerSecond = 10

/** `POST /audio/speech`: a real WAV file of silence, as long as the text is. */
export async function createSpeech(request: Request, context: DemoContext): Promise<Response> {
  const body = await parseBody(request, speechRequest)
  const script = parseScript(body.input)
  await beginAnswer(script, false, context)
  const seconds = Math.min(30, Math.max(0.1, countTokens(body.input) / tokensPerSecond))
  return new Response(silence(seconds), { headers: { ...context.headers, 'content-type': 'audio/wav' } })
}

/** `POST /audio/transcriptions` and `/audio/translations`: "hears" the prompt of the form, or says how long the file is. */
export async function createTranscription(request: Request, context: DemoContext): Promise<Response> {
  const form = await readForm(request)
  const file = form.get('file')
  if (!(file instanceof Blob))
    throw new DemoError(400, 'file: expected an audio file in the form.', 'invalid_value', 'file')
  const prompt = form.get('prompt')
  const script = parseScript(typeof prompt === 'string' ? prompt : '')
  const stream = form.get('stream') === 'true'
  await beginAnswer(script, stream, context)
  const text = script.words === '' ? `An audio file of ${file.size} bytes.` : script.words
  const input = Math.max(1, Math.ceil(file.size / (samplesPerSecond * 2)) * tokensPerSecond)
  const output = countTokens(text)
  const usage = {
    type: 'tokens',
    input_tokens: input,
    input_token_details: { text_tokens: 0, audio_tokens: input },
    output_tokens: output,
    total_tokens: input + output,
  }
  const format = form.get('response_format')
  if (stream) {
    const events = [
      ...splitText(text).map((delta) => ({ type: 'transcript.text.delta', delta })),
      { type: 'transcript.text.done', text, usage },
    ].map((data) => ({ event: data.type, data }))
    return sendEvents(events, script, { error: (error) => ({ event: 'error', data: error.body() }) }, context)
  }
  if (format === 'text')
    return new Response(text, { headers: { ...context.headers, 'content-type': 'text/plain' } })
  if (format !== 'verbose_json') return sendJson({ text, usage }, script, context)
  const duration = file.size / (samplesPerSecond * 2)
  const seconds = { type: 'duration', seconds: Math.ceil(duration) }
  return sendJson({ text, language: 'english', duration, segments: [], usage: seconds }, script, context)
}

async function readForm(request: Request): Promise<FormData> {
  try {
    return await request.formData()
  } catch {
    throw new DemoError(400, 'The body is not a form; send multipart/form-data.', 'invalid_form')
  }
}

// 16-bit mono PCM behind the 44 bytes of a RIFF header.
function silence(seconds: number): Uint8Array<ArrayBuffer> {
  const dataBytes = Math.floor(seconds * samplesPerSecond) * 2
  const bytes = new Uint8Array(44 + dataBytes)
  const view = new DataView(bytes.buffer)
  const write = (at: number, text: string): void => bytes.set(new TextEncoder().encode(text), at)
  write(0, 'RIFF')
  view.setUint32(4, 36 + dataBytes, true)
  write(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, samplesPerSecond, true)
  view.setUint32(28, samplesPerSecond * 2, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  write(36, 'data')
  view.setUint32(40, dataBytes, true)
  return bytes
}
