import type { ModelsAuthStatusParams } from '@openclaw/gateway-protocol'

/** What `models.authStatus` takes. */
export type ModelsStatusParams = ModelsAuthStatusParams & {
  /** Whether to ask the providers themselves. */
  readonly probe?: boolean
}

/** How the Gateway signs in to each provider. */
export interface ModelsStatus {
  /** Epoch milliseconds. */
  readonly ts: number
  readonly providers: readonly {
    readonly provider: string
    /** Such as `static` for a configured key. */
    readonly status: string
    readonly displayName?: string
    readonly authProvider?: string
    readonly profiles: readonly Readonly<Record<string, unknown>>[]
    readonly apiKey?: { readonly source?: string }
  }[]
  readonly providerCapabilities?: readonly {
    readonly provider: string
    readonly apiKeySupported: boolean
  }[]
}
