export { type GatewayToolFilter, gatewayTools, type GatewayToolsOptions } from './gateway-tools.ts'
