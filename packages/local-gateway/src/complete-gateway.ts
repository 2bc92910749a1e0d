import type { EventSink, Gateway } from '@pincer/protocol'

/** A local gateway, in process or over HTTP: every part of a gateway is there, but artifacts. */
export interface LocalGateway extends Required<Omit<Gateway, 'artifacts'>> {
  readonly events: Required<EventSink>
}
