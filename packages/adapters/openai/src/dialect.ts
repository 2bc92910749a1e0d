import type { Dialect, Hiding } from '@pincer/core/wrapping'

import { hideUsage } from './convert-chat.ts'
import { convertUsage } from './convert-usage.ts'

/** What is OpenAI's own about the answers of its client. */
export const dialect: Dialect = {
  name: 'openai',
  requestIdHeader: 'x-request-id',
  convertUsage,
  describeHead: ({ headers }) => ({ request_id: headers.get('x-request-id') }),
}

/** Keeps from the caller the usage that only we asked for. */
export const usageHiding: Hiding = {
  event: hideUsage,
  // Inside a text every quote is escaped, so that this can only be the field itself.
  text: (block) => block.replace(/,\s*"usage"\s*:\s*null/, ''),
}
