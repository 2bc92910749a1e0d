// The suite on the real Gateway: `./pnpmw test:openclaw [--record] [words of a story's name]`.
import { join } from 'node:path'
import { startVitest } from 'vitest/node'
import { openclawVersion } from './fetch-openclaw.ts'
import { RealGateway } from './real-gateway.ts'
import { shareGateway } from './shared-gateway.ts'
import { closeSuiteFolder, openSuiteFolder } from './suite-folder.ts'

// Node warns of its own type stripper, which is known to be young.
process.removeAllListeners('warning')

const records = process.argv.includes('--record')
if (records) process.env['PINCER_RECORD'] = '1'
const words = process.argv.slice(2).filter((word) => word !== '--record')

openSuiteFolder()
process.once('exit', closeSuiteFolder)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))

const startedAt = performance.now()
const gateway = await RealGateway.start()
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
console.log(`openclaw@${openclawVersion} on Node ${process.versions.node}, ready after ${seconds} s`)
shareGateway(gateway)
const root = join(import.meta.dirname, '../../../..')
const vitest = await startVitest(
  'test',
  [],
  {
    root,
    config: false,
    run: true,
    watch: false,
    // Recorded alone, a story holds its own frames only: every client of a Gateway is told of every run.
    include: records
      ? ['packages/gateways/openclaw/real/{stories,own-gateway}.test.ts']
      : ['packages/gateways/openclaw/real/*.test.ts', 'packages/adapters/*/real/*.test.ts'],
    // Two of the stories wait for more than a minute; eight at once are through before them.
    maxConcurrency: records ? 1 : 8,
    allowOnly: false,
    // The stories wait for most of their time; what restarts Gateways starts its own beside them.
    maxWorkers: 2,
    testTimeout: 200_000,
    hookTimeout: 150_000,
    reporters: ['default', 'json'],
    outputFile: { json: '.results/openclaw.json' },
    ...(words.length === 0 ? {} : { testNamePattern: words.join(' ') }),
  },
  { ssr: { resolve: { conditions: ['@pincer/source', 'module', 'node', 'development|production'] } } },
)
await vitest.close()
await gateway.stop()
process.exit()
