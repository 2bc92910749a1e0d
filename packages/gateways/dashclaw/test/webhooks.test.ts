import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { readWebhook, SignatureError } from '../src/index.ts'
import { rejection } from './make-claw.ts'

const secret = 'f'.repeat(64)
const body = JSON.stringify({ event: 'signals.detected', org_id: 'org_1', signals: [{ label: 'Größe' }] })
const sign = (text: string, with_ = secret): string => createHmac('sha256', with_).update(text).digest('hex')
const headers = {
  'X-DashClaw-Signature': sign(body),
  'X-DashClaw-Event': 'signals.detected',
  'X-DashClaw-Delivery': 'wd_1',
}

describe('webhook deliveries', () => {
  test.each([
    ['plain headers and a text', body, headers],
    ['Headers and bytes', new TextEncoder().encode(body), new Headers(headers)],
    ['a signature in capitals', body, { ...headers, 'X-DashClaw-Signature': sign(body).toUpperCase() }],
  ])('with %s are read', async (_, given, head) => {
    expect(await readWebhook({ body: given, headers: head, secret })).toEqual({
      event: 'signals.detected',
      deliveryId: 'wd_1',
      payload: JSON.parse(body) as unknown,
    })
  })

  test('of the guard sign their time', async () => {
    const at = String(Date.now())
    const timed = (time: string, text = `${time}.${body}`): Record<string, string> => ({
      'x-dashclaw-signature': `v1=${sign(text)}`,
      'x-dashclaw-timestamp': time,
    })
    expect((await readWebhook({ body, headers: timed(at), secret })).event).toBe('signals.detected')
    const old = String(Date.now() - 400_000)
    expect(String(await rejection(readWebhook({ body, headers: timed(old), secret })))).toContain('too old')
    expect(
      (await readWebhook({ body, headers: timed(old), secret, toleranceMs: 500_000 })).payload,
    ).toBeDefined()
    const moved = { ...timed(old), 'x-dashclaw-timestamp': at }
    expect(await rejection(readWebhook({ body, headers: moved, secret }))).toBeInstanceOf(SignatureError)
    expect(await rejection(readWebhook({ body, headers: timed('soon'), secret }))).toBeInstanceOf(
      SignatureError,
    )
    const { 'x-dashclaw-timestamp': _, ...untimed } = timed(at)
    expect(await rejection(readWebhook({ body, headers: untimed, secret }))).toBeInstanceOf(SignatureError)
  })

  test.each([
    ['no signature', {}, body],
    ['the signature of another secret', { ...headers, 'X-DashClaw-Signature': sign(body, 'other') }, body],
    ['another body', headers, body.replace('org_1', 'org_2')],
    ['half a signature', { ...headers, 'X-DashClaw-Signature': sign(body).slice(0, 32) }, body],
    ['a signature of no hex', { ...headers, 'X-DashClaw-Signature': 'z'.repeat(64) }, body],
    ['a body that is a list', { 'x-dashclaw-signature': sign('[]') }, '[]'],
  ])('with %s are refused', async (_, head, text) => {
    const error = await rejection(readWebhook({ body: text, headers: head, secret }))
    expect(error).toBeInstanceOf(SignatureError)
    expect(String(error)).not.toContain(secret)
  })

  test('need a secret', async () => {
    expect(String(await rejection(readWebhook({ body, headers, secret: '' })))).toContain('secret: expected')
  })
})
