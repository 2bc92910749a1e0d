import type { Frame } from './frame.ts'
import { expectJson, expectShape, isObject, type Shape } from './parse-shape.ts'
import { ProtocolError } from './protocol-error.ts'

const shapes: Readonly<Record<Frame['type'], Shape>> = {
  req: { id: 'string', method: 'string', params: 'json?' },
  res: { id: 'string', ok: 'boolean', payload: 'json?' },
  event: { event: 'string', payload: 'json?', seq: 'count?' },
}

const frameError: Shape = {
  code: 'string',
  message: 'string',
  details: 'json?',
  retryable: 'boolean?',
  retryAfterMs: 'count?',
}

/**
 * Reads a WebSocket frame from a value of unknown shape, such as parsed JSON; fields that are not known are dropped.
 *
 * @throws ProtocolError naming the path, what was expected and what was found.
 */
export function parseFrame(value: unknown): Frame {
  if (!isObject(value)) throw new ProtocolError('', 'an object', value)
  const type = value['type']
  if (type !== 'req' && type !== 'res' && type !== 'event')
    throw new ProtocolError('type', 'one of req, res, event', type)
  expectShape(value, shapes[type], '')
  if (type === 'res' && value['ok'] === false) expectShape(value['error'], frameError, 'error')
  const frame: Record<string, unknown> = { type }
  for (const field of [...Object.keys(shapes[type]), 'error']) {
    if (!Object.hasOwn(value, field) || value[field] === undefined) continue
    expectJson(value[field], field)
    frame[field] = value[field]
  }
  return frame as unknown as Frame
}
