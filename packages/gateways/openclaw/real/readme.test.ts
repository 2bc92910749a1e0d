import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readReadme } from '../../../../test/readme-program.ts'
import {
  readmeWorkspace,
  removeReadmeWorkspace,
  writeReadmeWorkspace,
} from '../../../../test/readme-workspace.ts'
import { runNode } from '../../../../test/run-program.ts'
import { sharedGateway } from './shared-gateway.ts'

const { programs } = readReadme('packages/gateways/openclaw/README.md')

describe.concurrent('the README, on the real Gateway', () => {
  beforeAll(() => writeReadmeWorkspace(programs))
  afterAll(removeReadmeWorkspace)

  test.for(programs)('line $line runs', async ({ name }) => {
    const { url, token } = sharedGateway()
    const folder = mkdtempSync(join(readmeWorkspace, 'run-'))
    const ended = await runNode(['--conditions=@pincer/source', join(readmeWorkspace, name)], folder, {
      OPENCLAW_GATEWAY_URL: url,
      OPENCLAW_GATEWAY_TOKEN: token,
    })
    expect(ended.code, ended.output).toBe(0)
  })
})
