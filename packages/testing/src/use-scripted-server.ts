import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'

import { type ScriptedServer, startScriptedServer } from './scripted-server.ts'

/** A server for the tests of one file, and a watch for rejections that nobody handles. */
export function useScriptedServer(requestIdHeader: string): { readonly server: ScriptedServer } {
  const held: { server?: ScriptedServer } = {}
  const unhandled: unknown[] = []
  const note = (error: unknown): void => void unhandled.push(error)
  beforeAll(async () => {
    held.server = await startScriptedServer(requestIdHeader)
    process.on('unhandledRejection', note)
  })
  afterAll(async () => {
    process.off('unhandledRejection', note)
    await held.server?.close()
  })
  beforeEach(() => held.server?.reset())
  afterEach(async () => {
    // A rejection is called unhandled only after the turn it happened in.
    await new Promise((resolve) => setImmediate(resolve))
    expect(unhandled).toEqual([])
  })
  return {
    get server() {
      if (held.server === undefined) throw new Error('the server has not started')
      return held.server
    },
  }
}
