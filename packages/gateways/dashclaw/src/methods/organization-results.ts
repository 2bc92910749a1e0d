/** An organization. */
interface Organization {
  readonly id: string
  readonly name: string
  readonly slug: string
  readonly plan?: string
  /** ISO 8601. */
  readonly created_at?: string
  /** ISO 8601. */
  readonly updated_at?: string
  readonly [field: string]: unknown
}

/** The organizations that the key belongs to: one. */
export interface OrganizationList {
  readonly organizations: readonly Organization[]
}

/** An organization that was made. */
export interface OrganizationCreated {
  readonly organization: Organization
  /** The first key: it is shown here, and never again. */
  readonly api_key: {
    readonly id: string
    readonly key: string
    readonly prefix: string
    readonly role: string
    readonly warning?: string
  }
}

/** One organization. */
export interface OrganizationFound {
  readonly organization: Organization
  readonly active_keys: number | string
}

/** An organization that was changed. */
export interface OrganizationUpdated {
  readonly organization: Organization
}

/** The keys of an organization. */
export interface OrganizationKeyList {
  readonly keys: readonly {
    readonly id: string
    readonly key_prefix: string
    readonly label: string | null
    readonly role: 'admin' | 'member' | 'readonly' | 'service' | (string & {})
    /** ISO 8601. */
    readonly last_used_at: string | null
    /** ISO 8601. */
    readonly created_at: string
    /** ISO 8601. */
    readonly revoked_at: string | null
  }[]
}

/** What a listing of activities can be narrowed by. */
export interface ActivityLogQuery {
  /** What was done, such as `key.created`. */
  readonly action?: string
  /** Who did it. */
  readonly actor_id?: string
  /** The same as `actor_id`. */
  readonly agent_id?: string
  /** What it was done to, such as `action`. */
  readonly resource_type?: string
  /** The same as `resource_type`. */
  readonly type?: string
  /** ISO 8601. */
  readonly before?: string
  /** ISO 8601. */
  readonly after?: string
  /** 50 where it is absent, 200 at most. */
  readonly limit?: number
  readonly offset?: number
}

/** Activities, newest first. */
export interface ActivityLogList {
  readonly logs: readonly {
    readonly id: string
    readonly action: string
    readonly actor_id?: string | null
    readonly resource_type?: string | null
    readonly resource_id?: string | null
    /** ISO 8601. */
    readonly created_at?: string
    readonly [field: string]: unknown
  }[]
  readonly stats: Readonly<Record<'total' | 'today' | 'unique_actors', number | string>>
  readonly pagination: { readonly limit: number; readonly offset: number }
}
