// This package's unit tests on the oldest Mastra that is supported: `./pnpmw test:mastra-oldest [words of a test's name]`.
import { join } from 'node:path'
import { startVitest } from 'vitest/node'
import { oldestSet, openOldestPackage } from './oldest-package.ts'

// Node warns of its own type stripper, which is known to be young.
process.removeAllListeners('warning')

// Mastra 1.16 does not tell the ids of tool calls, nor what it offers to a model; of tools that it rejects; nor that a run was
// aborted or suspended. It has no hooks. What it does not know at all is tested in files of its own.
const newerTests = [
  'tells tool calls apart that are made at the same time',
  'records an abort as cancelled, not as a failure',
  'records arguments that do not fit as failed, though Mastra calls that a result',
  'records a tool that nobody has as failed',
  'records a tool of the client as handed over',
  'records a model that fails, and its run',
  'records an abort of the model as cancelled',
  'records an abort in a tool once, though Mastra tells the result twice',
  'leaves what a hook blocks to the guard',
  'a run that is suspended',
  'that are cancelled are cancelled, with their step',
  'counts usage once, at the requests, though Mastra tells it on three levels',
  'records what each request asks that the one before did not',
  'records a tool call under its run, with what went in and came out',
  'tells calls of one step apart that are made at the same time',
  'counts at the innermost part that is not kept back',
  'tells the title of a tool',
  'tells two runs apart that share an id of Mastra and run at the same time',
]

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
    include: ['test/exporter*.test.ts', 'test/serve*.test.ts'],
    exclude: ['test/**/*-newer-mastra.test.ts'],
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
