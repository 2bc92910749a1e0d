import type {
  KnowledgeCollectionFound,
  KnowledgeCollectionInput,
  KnowledgeCollectionList,
  KnowledgeCollectionPatch,
  KnowledgeCollectionQuery,
  KnowledgeItemAdded,
  KnowledgeItemInput,
  KnowledgeItemList,
} from './knowledge-results.ts'
import type { Method } from './method.ts'

const names = { sourceType: 'source_type' }

/** Knowledge: collections of sources, told by where they are. */
export const knowledgeMethods = {
  /** Lists collections. */
  listKnowledgeCollections: {
    verb: 'GET',
    path: '/api/knowledge/collections',
    params: ['...filters?'],
    names,
    defaults: { limit: 50, offset: 0 },
    servers: '2.10',
  } as Method<(filters?: KnowledgeCollectionQuery) => Promise<KnowledgeCollectionList>>,
  /** Makes a collection. */
  createKnowledgeCollection: {
    verb: 'POST',
    path: '/api/knowledge/collections',
    params: ['...collection'],
    names,
    servers: '2.10',
  } as Method<(collection: KnowledgeCollectionInput) => Promise<KnowledgeCollectionFound>>,
  /** Gets one collection. */
  getKnowledgeCollection: {
    verb: 'GET',
    path: '/api/knowledge/collections/{collection_id}',
    params: ['collection_id'],
    servers: '2.10',
  } as Method<(collectionId: string) => Promise<KnowledgeCollectionFound>>,
  /** Changes a collection. */
  updateKnowledgeCollection: {
    verb: 'PATCH',
    path: '/api/knowledge/collections/{collection_id}',
    params: ['collection_id', '...patch'],
    names,
    isRepeatable: true,
    servers: '2.10',
  } as Method<(collectionId: string, patch: KnowledgeCollectionPatch) => Promise<KnowledgeCollectionFound>>,
  /** Lists the items of a collection. */
  listKnowledgeCollectionItems: {
    verb: 'GET',
    path: '/api/knowledge/collections/{collection_id}/items',
    params: ['collection_id', '...filters?'],
    defaults: { limit: 100, offset: 0 },
    servers: '2.10',
  } as Method<
    (
      collectionId: string,
      /** `limit`: 100 where it is absent, 500 at most. */
      filters?: { readonly limit?: number; readonly offset?: number },
    ) => Promise<KnowledgeItemList>
  >,
  /** Adds an item to a collection. */
  addKnowledgeCollectionItem: {
    verb: 'POST',
    path: '/api/knowledge/collections/{collection_id}/items',
    params: ['collection_id', '...item'],
    servers: '2.10',
  } as Method<(collectionId: string, item: KnowledgeItemInput) => Promise<KnowledgeItemAdded>>,
}
