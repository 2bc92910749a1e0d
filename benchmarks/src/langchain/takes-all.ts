import type { ClientOptions } from '@pincer/core'

/** A gateway that takes everything at once: what recording alone costs shows where delivering costs nothing. */
export const takesAll: ClientOptions['gateway'] = {
  name: 'takes all',
  events: { append: async (events) => events.map(({ id }) => ({ id, status: 'accepted' })) },
  close: async () => {},
}
