export { PincerCallbackHandler } from './callback-handler.ts'
export type { PincerCallbackHandlerOptions } from './callback-options.ts'
