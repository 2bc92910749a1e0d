import { type EventVerdict, type Gateway, GatewayError } from '@pincer/protocol'

/** A gateway that hands events to an HTTP server. */
export function httpGateway(url: string): Gateway {
  return {
    name: 'http',
    events: {
      async append(events, options) {
        const response = await fetch(url, {
          method: 'POST',
          body: JSON.stringify(events),
          ...(options?.signal === undefined ? {} : { signal: options.signal }),
        })
        if (!response.ok) throw new GatewayError('refused', { status: response.status, retryable: true })
        return (await response.json()) as EventVerdict[]
      },
    },
    close: () => Promise.resolve(),
  }
}
