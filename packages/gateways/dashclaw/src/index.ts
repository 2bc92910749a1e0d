export { DashClaw } from './dashclaw.ts'
