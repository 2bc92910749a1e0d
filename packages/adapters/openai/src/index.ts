export { type GatewayClientOptions, toGatewayOpenAI } from './gateway-client.ts'
export { wrapOpenAI } from './wrap-openai.ts'
export type { WrapOpenAIOptions } from './wrapping.ts'
