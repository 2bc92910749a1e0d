import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type AgentConfig, localGateway, type RunningGateway, startLocalGateway } from '../src/index.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const files = [...readme.matchAll(/^```json\n([^]*?)^```$/gm)].map(([, text = '']) => text)
let folder: string
let running: RunningGateway

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pincer-readme-'))
  expect(files).toHaveLength(2)
  const [agents = '', policies = ''] = files
  const policyFile = join(folder, 'policies.json')
  writeFileSync(policyFile, policies)
  running = await startLocalGateway({
    port: 0,
    databasePath: ':memory:',
    policyFile,
    // What the file holds is checked by the gateway itself.
    agents: JSON.parse(agents) as readonly AgentConfig[],
  })
})

afterAll(async () => {
  await running.close()
  rmSync(folder, { recursive: true, force: true })
})

it('the agent file of the README is one', async () => {
  expect(await running.gateway.agents.list()).toMatchObject([{ agentId: 'librarian', model: 'pincer-demo' }])
})

it('the policies of the README decide as it says', async () => {
  expect(running.gateway.policies.list().map(({ id, source }) => [id, source])).toEqual(
    expect.arrayContaining([['reads', 'file']]),
  )
  const gateway = localGateway({ url: running.url })
  const decide = async (name: string, about: object = {}): Promise<string> => {
    const request = { actionId: name, kind: 'tool_call' as const, name, ...about }
    return (await gateway.guard.decide(request)).decision
  }
  expect(await decide('files.read', { risk: 'critical' })).toBe('allow')
  expect(await decide('files.write', { risk: 'critical' })).toBe('block')
  expect(await decide('mail.send', { agentId: 'support-1' })).toBe('require_approval')
  expect(await decide('mail.send', { agentId: 'sales' })).toBe('allow')
  const calls: string[] = []
  for (let index = 0; index < 31; index++) {
    const about = { kind: 'model_call' as const, agentId: 'busy', actionId: `call-${index}` }
    calls.push(await decide('gpt', about))
  }
  expect(calls).toEqual([...Array.from({ length: 30 }, () => 'allow'), 'warn'])
  await gateway.close()
})
