/** What a webhook can be told of. */
export type WebhookEvent =
  | 'all'
  | 'autonomy_spike'
  | 'high_impact_low_oversight'
  | 'repeated_failures'
  | 'stale_loop'
  | 'assumption_drift'
  | 'stale_assumption'
  | 'stale_running_action'
  | (string & {})

/** A webhook. */
interface Webhook {
  readonly id: string
  readonly url: string
  /** 64 hex digits when it is set up, masked ever after. */
  readonly secret: string
  /** A list, or JSON text of it in listings of servers on Postgres. */
  readonly events: readonly WebhookEvent[] | string
  readonly active: number | boolean
  /** Ten failures in a row switch it off. */
  readonly failure_count?: number
  /** ISO 8601. */
  readonly last_triggered_at?: string | null
  /** ISO 8601. */
  readonly created_at: string
  readonly created_by?: string | null
}

/** Webhooks. */
export interface WebhookList {
  readonly webhooks: readonly Webhook[]
}

/** A webhook that was set up. */
export interface WebhookCreated {
  /** With its secret: it is shown here, and never again. */
  readonly webhook: Webhook
  readonly secret_warning?: string
}

/** A webhook that was cut off. */
export interface WebhookDeleted {
  readonly success: true
  readonly deleted: string | number | boolean
}

/** How a delivery went that tested a webhook. */
export interface WebhookTested {
  readonly success: boolean
  /** The HTTP status that came back. */
  readonly response_status: number | null
}

/** What was delivered to a webhook. */
export interface WebhookDeliveryList {
  readonly deliveries: readonly {
    readonly id: string
    readonly webhook_id: string
    readonly event_type: string
    /** JSON text, or what it says. */
    readonly payload: string | Readonly<Record<string, unknown>>
    readonly status: 'success' | 'failed'
    readonly response_status: number | null
    readonly response_body: string | null
    /** ISO 8601. */
    readonly attempted_at: string
    readonly duration_ms: number | null
  }[]
}
