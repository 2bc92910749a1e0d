import { PincerError } from '@pincer/protocol'
import { SignatureError } from '../request/dashclaw-error.ts'
import { isFields } from '../request/invalid-input.ts'
import { parseAnswer } from '../request/parse-answer.ts'

/** A delivery as it arrived. */
export interface WebhookRequest {
  /** The body as it came, before anything parsed it. */
  readonly body: string | Uint8Array
  /** A `Headers` object, or the plain headers of Node. */
  readonly headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>
  /** The webhook's secret, which the server shows once, when the webhook is created. */
  readonly secret: string
  /** Milliseconds that a delivery with a timestamp may be old, or ahead; 300,000. */
  readonly toleranceMs?: number
}

/** A delivery whose signature is right. */
export interface WebhookDelivery {
  /** Such as `signals.detected`, `approval_pending` or `guard.evaluation`. */
  readonly event: string
  /** `wd_…`: the same where a delivery comes twice. Empty where the server sends none. */
  readonly deliveryId: string
  readonly payload: Readonly<Record<string, unknown>>
}

/**
 * Checks the signature of a webhook's delivery, in constant time, and reads it.
 *
 * @throws SignatureError where the signature is missing, wrong, or older than it may be.
 * @example
 * ```ts
 * import { readWebhook } from '@pincer/dashclaw'
 *
 * export async function receive(request: Request, secret: string): Promise<string> {
 *   const delivery = await readWebhook({ body: await request.text(), headers: request.headers, secret })
 *   return delivery.event
 * }
 * ```
 */
export async function readWebhook(request: WebhookRequest): Promise<WebhookDelivery> {
  const { headers, secret, toleranceMs = 300_000 } = request
  if (typeof secret !== 'string' || secret === '') {
    throw new PincerError('invalid_option', "secret: expected the webhook's secret, found none")
  }
  const body = typeof request.body === 'string' ? new TextEncoder().encode(request.body) : request.body
  const given = readHeader(headers, 'x-dashclaw-signature')
  const timestamp = readHeader(headers, 'x-dashclaw-timestamp')
  // Deliveries of the guard sign their time too; an unsigned time is no proof of anything.
  const isTimed = given?.startsWith('v1=') === true
  if (given === undefined) throw refuse('it is not signed')
  if (isTimed && timestamp === undefined) throw refuse('its timestamp is missing')
  const signed = isTimed ? join(new TextEncoder().encode(`${timestamp}.`), body) : body
  if (!(await isSigned(signed, isTimed ? given.slice(3) : given, secret)))
    throw refuse('its signature is wrong')
  if (isTimed && !(Math.abs(Date.now() - Number(timestamp)) <= toleranceMs)) throw refuse('it is too old')
  const payload = readPayload(body)
  const named = payload['event']
  return {
    event: readHeader(headers, 'x-dashclaw-event') ?? (typeof named === 'string' ? named : ''),
    deliveryId: readHeader(headers, 'x-dashclaw-delivery') ?? '',
    payload,
  }
}

async function isSigned(bytes: Uint8Array, hex: string, secret: string): Promise<boolean> {
  if (!/^[0-9a-f]{64}$/i.test(hex)) return false
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(secret), algorithm, false, [
    'verify',
  ])
  const signature = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  // Web Crypto compares in constant time.
  return crypto.subtle.verify('HMAC', key, signature, Uint8Array.from(bytes))
}

function readPayload(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const payload = parseAnswer(new TextDecoder().decode(body))
    if (isFields(payload)) return payload
  } catch {
    // Told below, with what was signed but is no JSON.
  }
  throw refuse('its body is no JSON object')
}

function readHeader(headers: WebhookRequest['headers'], name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
  return typeof found === 'string' ? found : found?.[0]
}

function join(left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(left.length + right.length)
  bytes.set(left)
  bytes.set(right, left.length)
  return bytes
}

function refuse(why: string): SignatureError {
  return new SignatureError(
    `this webhook delivery is not to be trusted: ${why}; check \`secret\`, and that \`body\` is the text as it arrived`,
    { gatewayCode: 'INVALID_WEBHOOK_SIGNATURE', status: 401 },
  )
}
