import type { AnswerReader, Dialect } from '@pincer/core/wrapping'

import { withoutBytes } from './convert-block.ts'
import { convertError } from './convert-error.ts'
import { messageReader } from './convert-message.ts'
import { inputOf } from './convert-request.ts'
import { convertUsage } from './convert-usage.ts'

/** What is Anthropic's own about the answers of its client; handed to what loads on demand, so that it loads nothing else. */
export interface AnthropicDialect extends Dialect {
  readonly convertError: (error: unknown) => unknown
  readonly reader: AnswerReader
  readonly inputOf: typeof inputOf
  readonly withoutBytes: typeof withoutBytes
}

/** The one there is. */
export const dialect: AnthropicDialect = {
  name: 'anthropic',
  requestIdHeader: 'request-id',
  convertUsage,
  convertError,
  reader: messageReader,
  inputOf,
  withoutBytes,
}
