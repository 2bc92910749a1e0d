/** What kind of sources a collection holds. */
type SourceType = 'files' | 'urls' | 'external' | 'notes'

/** What may be told of a collection, and changed later. */
export interface KnowledgeCollectionPatch {
  readonly name?: string
  readonly description?: string
  readonly source_type?: SourceType
  /** The same as `source_type`. */
  readonly sourceType?: SourceType
  readonly tags?: readonly string[]
  readonly ingestion_status?: string
  readonly [field: string]: unknown
}

/** A collection to make. */
export interface KnowledgeCollectionInput extends KnowledgeCollectionPatch {
  readonly name: string
}

/** A collection as the server keeps it. */
interface KnowledgeCollection {
  readonly collection_id: string
  readonly org_id?: string
  readonly name: string
  readonly description: string | null
  readonly source_type: SourceType
  readonly tags: readonly string[]
  readonly ingestion_status: 'empty' | 'pending' | (string & {})
  readonly doc_count: number
  /** ISO 8601. */
  readonly last_synced_at: string | null
  /** ISO 8601. */
  readonly created_at: string
  /** ISO 8601. */
  readonly updated_at: string
}

/** One collection. */
export interface KnowledgeCollectionFound {
  readonly collection: KnowledgeCollection
}

/** What a listing of collections can be narrowed by. */
export interface KnowledgeCollectionQuery {
  readonly source_type?: SourceType
  /** The same as `source_type`. */
  readonly sourceType?: SourceType
  /** 50 where it is absent, 200 at most. */
  readonly limit?: number
  readonly offset?: number
}

/** Collections. */
export interface KnowledgeCollectionList {
  readonly collections: readonly KnowledgeCollection[]
}

/** An item to add. */
export interface KnowledgeItemInput {
  /** Where it is, such as an address or the path of a file. */
  readonly source_uri: string
  readonly title?: string
  readonly mime_type?: string
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** An item of a collection. */
interface KnowledgeItem {
  readonly item_id: string
  readonly collection_id: string
  readonly org_id?: string
  readonly source_uri: string
  readonly title: string | null
  readonly mime_type: string | null
  readonly status: 'pending' | (string & {})
  readonly metadata: Readonly<Record<string, unknown>>
  /** ISO 8601. */
  readonly created_at: string
  /** ISO 8601. */
  readonly updated_at: string
}

/** An item that was added. */
export interface KnowledgeItemAdded {
  readonly item: KnowledgeItem
}

/** The items of a collection. */
export interface KnowledgeItemList {
  readonly items: readonly KnowledgeItem[]
}
