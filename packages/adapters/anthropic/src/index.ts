export { type PincerMiddleware, pincerMiddleware, type PincerMiddlewareOptions } from './pincer-middleware.ts'
export { wrapAnthropic } from './wrap-anthropic.ts'
export type { WrapAnthropicOptions } from './wrapping.ts'
