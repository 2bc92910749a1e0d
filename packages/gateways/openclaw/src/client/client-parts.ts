import type { ClawEvent, RequestOptions } from '@pincer/protocol'
import type { Connection } from '../connection/connection.ts'
import type { EventFeed } from '../events/event-feed.ts'
import type { RunStarter } from '../runs/run-starter.ts'
import type { SessionKeys } from '../session-keys.ts'

/** What the surfaces of one client share. */
export interface ClientParts {
  readonly connection: Connection
  readonly feed: EventFeed
  readonly runs: RunStarter
  readonly keys: SessionKeys
  /** Normalized events from now on, of sessions too. */
  readonly events: (options?: RequestOptions) => AsyncIterable<ClawEvent>
  /** The Gateway's HTTP address, such as `http://127.0.0.1:18789`; undefined where the transport is not ours. */
  readonly httpOrigin: () => string | undefined
}
