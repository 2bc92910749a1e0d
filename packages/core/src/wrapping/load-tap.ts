import type { tapBody, tapResponse, withBody } from './tap-response.ts'

/** What sees the bodies of responses as somebody else reads them. */
export interface BodyTap {
  readonly tapBody: typeof tapBody
  readonly tapResponse: typeof tapResponse
  readonly withBody: typeof withBody
}

/** Loads it when it is first needed: most programs never take a response as it is. */
export function loadTap(): Promise<BodyTap> {
  return import('./tap-response.ts')
}
