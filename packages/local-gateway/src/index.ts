export { startLocalGateway } from './start-local-gateway.ts'
export type { LocalGateway } from './complete-gateway.ts'
export { localGateway } from './local-gateway.ts'
export { demoModelFetch } from './demo-model/demo-model-fetch.ts'
