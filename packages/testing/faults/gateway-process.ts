// A local gateway in a process of its own, so that it can be killed.
import { startLocalGateway } from '@pincer/local-gateway'

const running = await startLocalGateway({ port: 0, databasePath: process.argv[2] ?? '' })
process.stdout.write(`${JSON.stringify({ url: running.url })}\n`)
process.on('SIGTERM', () => void running.close())
