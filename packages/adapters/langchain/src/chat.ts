export { ChatClaw } from './chat-claw.ts'
export type { ChatClawOptions, ClawCallOptions } from './chat-options.ts'
