import type { JsonObject } from '@pincer/protocol'

import type { ChatClaw, ChatClawOptions } from '../../src/chat.ts'

/** What a gateway or its model may be unable to do; the suite then looks for a clear refusal. */
export type Ability = 'stop' | 'image' | 'audio' | 'file' | 'parallel tools'

/** Words that make the model behind the gateway do what a check looks for. */
export interface Prompts {
  /** Answers with this text. */
  say(text: string): string
  /** Calls this tool; once it has answered, answers in words that hold what it said. */
  call(name: string, input: JsonObject): string
  /** Calls both tools at once. */
  callBoth(first: readonly [string, JsonObject], second: readonly [string, JsonObject]): string
  /** Takes longer than half a minute unless it is stopped. */
  readonly slow: string
  /** An answer of many pieces. */
  readonly long: string
}

/** A chat model set up for the suite. */
export interface ChatModelSubject {
  model(options?: Partial<ChatClawOptions>): ChatClaw
  readonly gatewayName: string
  readonly agent: string
  readonly prompts: Prompts
  readonly cannot: readonly Ability[]
  /** How many runs the gateway was asked for; absent where it does not tell. */
  readonly runCount?: () => Promise<number>
  /** What must never be shown of the model. */
  readonly secret?: string
  close(): Promise<void>
}
