import type { RawData } from '@pincer/protocol'

/** Converts an event of the host's own. */
export function convertEvent(name: any, data: any): RawData {
  return { name: String(name), ...(data !== undefined && { payload: data }) }
}
