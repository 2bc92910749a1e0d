// This package's unit tests on the oldest LangChain 1.x: `./pnpmw test:langchain-oldest [words of a test's name]`.
import { join } from 'node:path'
import { startVitest } from 'vitest/node'
import { oldestSet, openOldestPackage } from './oldest-package.ts'

// Node warns of its own type stripper, which is known to be young.
process.removeAllListeners('warning')

const root = await openOldestPackage()
console.log(oldestSet.join(' '))
const words = process.argv.slice(2)
const vitest = await startVitest(
  'test',
  [],
  {
    root,
    config: false,
    run: true,
    watch: false,
    include: ['test/**/*.test.ts'],
    // Tests of what the first minors do not have.
    exclude: ['test/**/*-newer-langchain.test.ts'],
    allowOnly: false,
    maxWorkers: 2,
    reporters: ['default', 'json'],
    outputFile: { json: join(import.meta.dirname, '../../../../.results/langchain-oldest.json') },
    ...(words.length === 0 ? {} : { testNamePattern: words.join(' ') }),
  },
  { ssr: { resolve: { conditions: ['@pincer/source', 'module', 'node', 'development|production'] } } },
)
await vitest.close()
process.exit()
