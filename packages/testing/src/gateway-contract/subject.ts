import type { Gateway, JsonObject, JsonValue } from '@pincer/protocol'

/** The parts of a gateway that the contract looks at; `stream` is the one of `events`. */
export type GatewayPart =
  | 'events'
  | 'stream'
  | 'runs'
  | 'guard'
  | 'approvals'
  | 'agents'
  | 'sessions'
  | 'tools'
  | 'models'
  | 'embeddings'
  | 'artifacts'

/** A gateway set up for the contract; what it does not offer may be left out. */
export interface GatewaySubject {
  readonly gateway: Gateway
  /** Names of tools that its guard gives each of its answers to. */
  readonly guarded?: Readonly<Record<'allow' | 'warn' | 'block' | 'require_approval', string>>
  readonly agent?: AgentSubject
  readonly tool?: ToolSubject
  /** The model of its embeddings; the gateway's own where absent. */
  readonly embeddingModel?: string
  /** Opens another client of the same gateway, such as that of another process; absent where there can be none. */
  readonly openAnother?: () => Promise<Gateway>
  /** False where nobody can approve other arguments than those asked about: the gateway then has to say so. */
  readonly editsArguments?: false
  /** True where the gateway keeps what other tests left, so that its lists hold more. */
  readonly isShared?: true
  /** Makes a session key that no other test uses; the name itself where absent. */
  readonly sessionKey?: (name: string) => string
  /** Lets go of what the gateway does not close itself. */
  close(): Promise<void>
}

/** An agent and inputs that make it do what the contract looks for. */
export interface AgentSubject {
  readonly agentId: string
  /** An input, and what its answer contains. */
  readonly plain: { readonly input: string; readonly answer: string }
  /** An input whose run takes longer than half a minute unless it is cancelled. */
  readonly slow: string
  /** An input that calls the caller's tool `lookup` with `{ "word": "crab" }`. */
  readonly clientTool: string
  /** An input whose run fails. */
  readonly failing: string
  /** A model that is not the agent's own, and its name in the usage of a run; for gateways that take `model`. */
  readonly otherModel?: { readonly model: string; readonly answeredBy: string }
}

/** A tool of the gateway that answers at once, and the names of two that its guard stops. */
export interface ToolSubject {
  readonly name: string
  readonly input: JsonObject
  readonly output: JsonValue
  readonly failing: string
  readonly blocked: string
  readonly asking: string
}

/** Opens a fresh gateway that keeps nothing from another test. */
export type OpenSubject = () => Promise<GatewaySubject>
