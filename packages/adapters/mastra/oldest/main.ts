// This package's unit tests on the oldest Mastra that is supported: `./pnpmw test:mastra-oldest [words of a test's name]`.
import { join } from 'node:path'
import { startVitest } from 'vitest/node'
import { oldestSet, openOldestPackage } from './oldest-package.ts'

// Node warns of its own type stripper, which is known to be young.
process.removeAllListeners('warning')

// What Mastra 1.16 does not have is tested in files of its own, and in these tests.
const newerTests: readonly string[] = []

const root = await openOldestPackage()
console.log(oldestSet.join(' '))
const words = process.argv.slice(2).join(' ')
const newer = newerTests.length > 0 ? `(?!.*(?:${newerTests.join('|')}))` : ''
const vitest = await startVitest(
  'test',
  [],
  {
    root,
    config: false,
    run: true,
    watch: false,
    include: ['test/exporter*.test.ts'],
    allowOnly: false,
    maxWorkers: 2,
    testTimeout: 20_000,
    reporters: ['default', 'json'],
    outputFile: { json: join(import.meta.dirname, '../../../../.results/mastra-oldest.json') },
    testNamePattern: new RegExp(`^${newer}.*(?:${words})`),
  },
  { ssr: { resolve: { conditions: ['@pincer/source', 'module', 'node', 'development|production'] } } },
)
const names = vitest.state
  .getTestModules()
  .flatMap((file) => [...file.children.allTests()].map((test) => test.fullName))
await vitest.close()
const unknown = newerTests.filter((each) => !names.some((name) => name.includes(each)))
if (unknown.length > 0) console.error(`no test is named: ${unknown.join(', ')}`)
process.exit(unknown.length > 0 ? 1 : undefined)
