import { DashClaw } from '../src/index.ts'

// Ends by itself: a heartbeat keeps no process.
const claw = new DashClaw({ baseUrl: process.argv[2] ?? '', apiKey: 'oc_live_1', agentId: 'story' })
claw.startHeartbeat({ intervalMs: 600_000 })
console.log('started')
