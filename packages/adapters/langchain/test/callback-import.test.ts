import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { expect, test } from 'vitest'

test('the callback handler loads no module of LangChain', async () => {
  const child = fileURLToPath(new URL('import-child.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@pincer/source', child])
  const loaded: unknown = JSON.parse(stdout)
  expect(loaded).toContainEqual(expect.stringContaining('callback-handler.ts'))
  const foreign = (loaded as string[]).filter((url) =>
    /langchain|langgraph|zod/.test(url.replace(/^.*\/src\//, '')),
  )
  expect(foreign).toEqual([])
})
