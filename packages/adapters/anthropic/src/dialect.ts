import type { Dialect } from '@pincer/core/wrapping'

import { convertError } from './convert-error.ts'
import { convertUsage } from './convert-usage.ts'

/** What is Anthropic's own about the answers of its client. */
export const dialect: Dialect = {
  name: 'anthropic',
  requestIdHeader: 'request-id',
  convertUsage,
  convertError,
}
