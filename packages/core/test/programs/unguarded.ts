// Asks for permission in enforce mode while what asks the guard cannot be loaded; FAIL says what that means.
import { registerHooks } from 'node:module'
import { createClient } from '@pincer/core'

registerHooks({
  resolve(specifier, context, next) {
    if (specifier.endsWith('/guard-gate.ts')) throw new Error('no such file')
    return next(specifier, context)
  },
})

const told: string[] = []
const claw = createClient({
  gateway: {
    name: 'here',
    guard: { decide: () => Promise.resolve({ decision: 'block' }) },
    close: () => Promise.resolve(),
  },
  guard: { mode: 'enforce', fail: process.env['FAIL'] === 'open' ? 'open' : 'closed' },
  onError: (error, where) => told.push(`${where}: ${String(error)}`),
})
const answer: unknown = await claw
  .guard({ kind: 'tool_call', name: 'pay', input: { cents: 5 } })
  .catch((error: unknown) => ({
    code: (error as { code?: unknown }).code,
  }))
process.stdout.write(JSON.stringify({ answer, told }))
