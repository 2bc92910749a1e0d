import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { type ScriptedGateway, silence, startScriptedGateway } from './scripted-gateway.ts'

const story = fileURLToPath(new URL('./exit-story.ts', import.meta.url))
let gateway: ScriptedGateway
afterEach(() => gateway.close())

/** Runs a process to its end, which it must reach by itself. */
async function run(name: string): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, ['--conditions=@pincer/source', story, gateway.url, name], {
    timeout: 15_000,
    env: { ...process.env, NODE_OPTIONS: '', NODE_NO_WARNINGS: '1' },
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, out: out.trim(), err: err.trim() }
}

describe('a process', () => {
  it.each([
    ['close', '"pong"'],
    ['close in flight', '"closed"'],
  ])('ends by itself, and without a word on the console, after: %s', async (name, out) => {
    gateway = await startScriptedGateway({ answers: { ping: () => 'pong', wait: () => silence } })
    expect(await run(name)).toEqual({ code: 0, out, err: '' })
  })

  it('ends by itself where no Gateway was ever there', async () => {
    gateway = await startScriptedGateway()
    await gateway.stop()
    expect(await run('nobody there')).toEqual({ code: 0, out: 'true', err: '' })
  })

  it('ends by itself where the Gateway refuses it', async () => {
    gateway = await startScriptedGateway({ token: 'another' })
    expect(await run('refused')).toEqual({ code: 0, out: '"AUTH_TOKEN_MISMATCH"', err: '' })
  })
})
