import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '@pincer/testing'

/** Looks four times a second until there is a value: what the Gateway does behind its own answers. */
export function soon<Value>(look: () => Promise<Value | undefined>): Promise<Value> {
  return eventually<Value>(async () => (await look()) ?? pause(250), 30_000)
}
