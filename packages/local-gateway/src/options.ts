import type { AgentConfig } from './agents/agent.ts'
import type { Policy } from './guard/policy.ts'
import type { ModelPrice } from './record/model-price.ts'
import type { McpServerConfig } from './tools/mcp-config.ts'
import type { RegisteredTool } from './tools/registered-tool.ts'

/** The upstream that the gateway's own agents use: any endpoint that speaks the OpenAI chat completions. */
export interface UpstreamModel {
  /** Up to and with `/v1`, such as `https://api.openai.com/v1`. */
  readonly baseUrl: string
  readonly apiKey?: string
  /** Model for agents that name none. */
  readonly name?: string
}

/** Bounds on subscribers; the defaults suit one machine. */
export interface SubscriberLimits {
  /** Event streams and WebSockets open at once; 100. */
  readonly maxSubscribers?: number
  /** Milliseconds between the signs of life on an idle stream; 15,000. */
  readonly heartbeatMs?: number
  /** Milliseconds after which a subscriber that takes nothing is cut; 20,000. */
  readonly stallTimeoutMs?: number
}

/** How a local gateway is set up; every field has a default that is safe on one machine. */
export interface LocalGatewayOptions {
  /** Port to listen on; 7462, and 0 takes any free one. */
  readonly port?: number
  /** Address to listen on; `127.0.0.1`. Any other than loopback needs a `token`. */
  readonly host?: string
  /** Where the record lies; `./pincer.sqlite`, and `:memory:` for a record that ends with the process. */
  readonly databasePath?: string
  /** Bearer token that every request must carry; required when `host` is not loopback. */
  readonly token?: string
  /** Host names, beside loopback ones, that requests may be addressed to. */
  readonly allowedHosts?: readonly string[]
  /** Origins, such as `http://localhost:3000`, whose pages may call the gateway. */
  readonly allowedOrigins?: readonly string[]
  /** Guard policies to start with. */
  readonly policies?: readonly Policy[]
  /** JSON file of guard policies to start with. */
  readonly policyFile?: string
  /** Agents that this gateway runs. */
  readonly agents?: readonly AgentConfig[]
  /** Tools of this process that agents and clients may call. */
  readonly tools?: readonly RegisteredTool[]
  /** MCP servers whose tools agents and clients may call. */
  readonly mcpServers?: readonly McpServerConfig[]
  /** Upstream of the agents; `OPENAI_BASE_URL` / `OPENAI_API_KEY` where set, else the scripted demo model. */
  readonly model?: UpstreamModel
  /** Prices by model id, in US dollars per million tokens; they go before those of the price table. */
  readonly prices?: Readonly<Record<string, ModelPrice>>
  /** Bounds on subscribers. */
  readonly limits?: SubscriberLimits
  /** The clock: epoch milliseconds. */
  readonly now?: () => number
}

/** Port of a local gateway where none is named. */
export const defaultPort = 7462

/** Database of a local gateway where none is named. */
export const defaultDatabasePath = './pincer.sqlite'
