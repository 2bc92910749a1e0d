// A program that serves its tools on stdin and stdout until its client is gone, as a gateway starts it.
import { createTool } from '@mastra/core/tools'
import { createClient } from '@pincer/core'
import { localGateway } from '@pincer/local-gateway'
import { z } from 'zod'

import { serveTools } from '../src/serve.ts'

const add = createTool({
  id: 'add',
  description: 'Adds two numbers.',
  inputSchema: z.object({ a: z.number(), b: z.number() }),
  execute: async ({ a, b }) => ({ sum: a + b, pid: process.pid }),
})
const hang = createTool({
  id: 'hang',
  description: 'Never answers, unless it is aborted.',
  execute: (_, { abortSignal }) =>
    new Promise((_resolve, reject) => {
      process.stderr.write('hangs\n')
      abortSignal?.addEventListener('abort', () => {
        process.stderr.write('aborted\n')
        reject(abortSignal.reason)
      })
    }),
})
const [url = ''] = process.argv.slice(2)
const claw = createClient({ gateway: localGateway({ url }), guard: { mode: 'enforce' } })
const connection = await serveTools({ add, hang }, claw).connectStdio()
await connection.closed
await claw.close()
