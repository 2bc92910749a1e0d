import type { JSONObject, LanguageModelV4, ProviderV4 } from '@ai-sdk/provider'
import type { Gateway, GatewayRun, JsonObject } from '@pincer/protocol'

/** What a gateway, or the model behind it, may be unable to do; the suite then looks for a clear refusal or warning. */
type Ability =
  | 'approval'
  | 'client tools'
  | 'content filter'
  | 'embedding usage'
  | 'length'
  | 'own tool'
  | 'reasoning'
  | 'timeout'
  | 'usage'

/** Words that make the agent do what a check looks for. */
export interface Prompts {
  /** Answers with this text. */
  readonly say: (text: string) => string
  /** Calls the caller's tool; once it has answered, answers in words that hold what it said. */
  readonly call: (name: string, input: JsonObject) => string
  /** Calls both tools at once. */
  readonly callBoth: (first: readonly [string, JsonObject], second: readonly [string, JsonObject]) => string
  /** Calls the gateway's own tool `subject.ownTool`, then answers in words that hold what it said. */
  readonly own: string
  /** The same, where the own tool needs a person's word first. */
  readonly ask: string
  /** Thinks, then answers. */
  readonly reason: string
  /** Stops at its limit, before the answer is whole. */
  readonly length: string
  /** Is filtered. */
  readonly filter: string
  /** Fails after it was begun. */
  readonly fail: string
  /** Takes longer than half a minute unless it is stopped. */
  readonly slow: string
  /** An answer of many pieces. */
  readonly long: string
}

/** A tool of the gateway, and a word of what it answers. */
interface ToolWords {
  readonly name: string
  readonly answers: string
}

/** The settings of `createPincer` that the suite sets. */
export interface SubjectSettings {
  readonly approvals?: 'pause' | 'wait'
}

/** A provider set up for the suite. */
export interface ProviderSubject {
  /** Another instance at each call, which shares nothing with the others, as in another process. */
  provider(settings?: SubjectSettings): ProviderV4
  /** Every run that the providers have started, oldest first. */
  readonly started: readonly GatewayRun[]
  /** What the providers stand on, as somebody else would reach it. */
  readonly gateway: Gateway
  readonly agent: string
  readonly prompts: Prompts
  /** What `providerOptions.pincer` has to hold for some prompts, such as a model that thinks. */
  readonly needs?: Partial<Readonly<Record<keyof Prompts, JSONObject>>>
  /** Name of the tool that `prompts.own` calls, and a word of what it answers. */
  readonly ownTool: ToolWords
  /** The same of `prompts.ask`. */
  readonly askedTool: ToolWords
  readonly cannot: readonly Ability[]
  /** A model, by the name of `providerOptions.pincer.model`, that the gateway lets no agent call. */
  readonly blockedModel?: string
  /** A model that makes vectors; absent where the gateway makes none. */
  readonly embeddingModel?: string
  /** What must never be shown. */
  readonly secret?: string
  /** Key of a session that nobody has used. */
  newSessionKey(): string
  close(): Promise<void>
}

/** A model of a new instance. */
export function modelOf(subject: ProviderSubject, settings?: SubjectSettings): LanguageModelV4 {
  return subject.provider(settings).languageModel(subject.agent)
}
