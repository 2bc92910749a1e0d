/** The Gateway's health, as its `health` method tells it. */
export interface GatewayHealth {
  readonly ok: boolean
  /** Epoch milliseconds. */
  readonly ts: number
  readonly defaultAgentId?: string
  readonly plugins?: { readonly loaded: readonly string[]; readonly errors: readonly unknown[] }
  readonly agents?: readonly { readonly agentId: string; readonly isDefault?: boolean }[]
  readonly modelRuntime?: { readonly degraded: boolean }
}

/** The Gateway's state, as its `status` method tells it. */
export interface GatewayStatus {
  readonly runtimeVersion: string
  readonly pid?: number
  readonly tasks?: { readonly total: number; readonly active: number; readonly failures: number }
  readonly sessions?: { readonly count: number }
  readonly processMemory?: { readonly rssBytes: number; readonly heapUsedBytes: number }
}

/** Who is connected. */
export type PresenceEntries = readonly {
  readonly text?: string
  readonly mode?: string
  readonly instanceId?: string
  readonly version?: string
  /** Epoch milliseconds. */
  readonly ts: number
}[]

/** What `system-event` takes. */
export interface SystemEventParams {
  readonly text: string
  readonly deviceId?: string
  readonly instanceId?: string
  readonly host?: string
  readonly mode?: string
  readonly tags?: readonly string[]
}

/** The Gateway took it over. */
export interface Acknowledged {
  readonly ok?: boolean
}

/** The session for whose agent the tools are wanted. */
export interface ToolGrantParams {
  readonly sessionKey?: string
}

/** An MCP server on the Gateway's machine with the agent's tools; the token is a secret. */
export interface ToolGrant {
  readonly sessionKey: string
  readonly token: string
  /** Epoch milliseconds. */
  readonly expiresAtMs: number
  readonly mcpConfig: {
    readonly mcpServers: Readonly<
      Record<
        string,
        { readonly type: 'http'; readonly url: string; readonly headers?: Readonly<Record<string, string>> }
      >
    >
  }
  readonly env?: Readonly<Record<string, string>>
}

/** The grant to take back. */
export interface ToolRevokeParams {
  readonly token: string
}

/** Whether a grant was taken back. */
export interface ToolGrantRevoked {
  readonly revoked: boolean
}
