export type { OpenClawTransport } from './transport/transport.ts'
