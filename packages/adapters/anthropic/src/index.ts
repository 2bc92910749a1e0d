export { type PincerMiddleware, pincerMiddleware } from './pincer-middleware.ts'
export { wrapAnthropic } from './wrap-anthropic.ts'
export type { WrapAnthropicOptions } from './wrapping.ts'
