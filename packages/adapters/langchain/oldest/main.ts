// This package's unit tests on the oldest LangChain 1.x: `./pnpmw test:langchain-oldest [words of a test's name]`.
import { join } from 'node:path'
import { startVitest } from 'vitest/node'
import { oldestSet, openOldestPackage } from './oldest-package.ts'

// Node warns of its own type stripper, which is known to be young.
process.removeAllListeners('warning')

// What the first minors do not have is tested in files of its own, and in these tests: streams of events without a version, and
// standard content that holds a tool call once.
const newerTests = [
  'messages > tells events of content blocks',
  'tools > streams the call of a tool',
  'thoughts > are blocks of content, streamed or not',
  'standard content > is the same streamed or not',
]

const root = await openOldestPackage()
console.log(oldestSet.join(' '))
const words = process.argv.slice(2).join(' ')
const vitest = await startVitest(
  'test',
  [],
  {
    root,
    config: false,
    run: true,
    watch: false,
    include: ['test/**/*.test.ts'],
    exclude: ['test/**/*-newer-langchain.test.ts'],
    allowOnly: false,
    maxWorkers: 2,
    testTimeout: 20_000,
    reporters: ['default', 'json'],
    outputFile: { json: join(import.meta.dirname, '../../../../.results/langchain-oldest.json') },
    testNamePattern: new RegExp(`^(?!.*(?:${newerTests.join('|')})).*(?:${words})`),
  },
  { ssr: { resolve: { conditions: ['@pincer/source', 'module', 'node', 'development|production'] } } },
)
const names = vitest.state
  .getTestModules()
  .flatMap((file) => [...file.children.allTests()].map((test) => test.fullName))
await vitest.close()
const unknown = newerTests.filter((newer) => !names.some((name) => name.includes(newer)))
if (unknown.length > 0) console.error(`no test is named: ${unknown.join(', ')}`)
process.exit(unknown.length > 0 ? 1 : undefined)
