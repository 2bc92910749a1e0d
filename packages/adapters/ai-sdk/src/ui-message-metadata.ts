import type { RunStatus, Usage } from '@pincer/protocol'
import type { UIMessage } from 'ai'

import { parseMetadata, type Position } from './stream-metadata.ts'

/** What a message of {@link toUIMessageStream} tells of its run in `metadata`. */
export interface ClawMessageMetadata {
  readonly runId?: string
  readonly agentId?: string
  /** `paused` where the message ends in a question to a person. */
  readonly status?: RunStatus
  /** Why the run stopped, in the gateway's own word, such as `max_steps`; the guard's reason where it stopped the run. */
  readonly stopReason?: string
  /** Sum over the model calls of the run so far. */
  readonly usage?: Usage
  /** US dollars; absent where no price is known. */
  readonly costUsd?: number
  /** Position of the last event that the message tells of. */
  readonly seq?: number
  /** Time of that event, epoch milliseconds. */
  readonly ts?: number
}

/** A message of a gateway's agent: `useChat<ClawUIMessage>()`. */
export type ClawUIMessage = UIMessage<ClawMessageMetadata>

/** Where a message stands in the events of its run. */
export interface ToldPosition extends Position {
  readonly runId: string
}

/** Reads from a message, which the browser may have changed, of which run it tells and how far; `undefined` where it does not say. */
export function parsePosition(message: UIMessage): ToldPosition | undefined {
  const { metadata } = message
  // A message of `streamText` has the run in the metadata of its tool calls only.
  const last = message.parts.findLast((part) => 'callProviderMetadata' in part)
  const found =
    parseMetadata({ pincer: metadata }) ??
    parseMetadata(
      last !== undefined && 'callProviderMetadata' in last ? last.callProviderMetadata : undefined,
    )
  return found && { runId: found.runId, seq: found.seq, ts: found.ts }
}
