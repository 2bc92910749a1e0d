import type { Models } from '@pincer/protocol'
import type { Calls } from './calls.ts'
import { parseModels } from './parse-models.ts'

/** The models that the Gateway can reach. */
export function createModels(calls: Calls): Models {
  return {
    list: async (options = {}) => parseModels(await calls.request('models.list', {}, options)),
  }
}
