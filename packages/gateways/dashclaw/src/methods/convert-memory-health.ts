import { isFields } from '../request/invalid-input.ts'
import type { Fields } from './method.ts'

/** Makes the object and the lists that servers take out of the document's word and counts. */
export function convertMemoryHealth(fields: Fields): Fields {
  const { health, entities, topics } = fields
  return {
    ...fields,
    health: {
      ...(typeof entities === 'number' ? { total_entities: entities } : {}),
      ...(typeof topics === 'number' ? { total_topics: topics } : {}),
      ...(isFields(health) ? health : { status: health }),
    },
    entities: Array.isArray(entities) ? entities : [],
    topics: Array.isArray(topics) ? topics : [],
  }
}
