import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { describe, expect, it } from 'vitest'

const run = promisify(execFile)

type RunRow = { name: string; status: string; actions: { outcome: string }[]; children: RunRow[] }

async function runExample(name: string, ...options: string[]): Promise<string> {
  const main = new URL(`../examples/${name}/src/main.ts`, import.meta.url).pathname
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([variable]) => !/^(?:OPENAI|ANTHROPIC)_/.test(variable)),
  )
  const { stdout } = await run(process.execPath, ['--conditions=@pincer/source', main, ...options], {
    env,
    timeout: 60_000,
  })
  return stdout
}

describe('examples', () => {
  it('openai-chat answers and prints the tokens of both calls', async () => {
    const output = await runExample('openai-chat')
    expect(output).toContain('> Say: tokens are counted by themselves\ntokens are counted by themselves')
    expect(output).toMatch(/two questions: completed, [1-9]\d* tokens in, [1-9]\d* out/)
  })

  it('anthropic-messages answers, calls its tool and prints the tokens', async () => {
    const output = await runExample('anthropic-messages')
    expect(output).toContain('tokens are counted by themselves\n')
    expect(output).toContain('Order 1007 is on its way.')
    expect(output).toMatch(/a stream and a tool: completed, 4 actions, [1-9]\d* tokens in, [1-9]\d* out/)
  })

  it('tool-approval asks before the mail and blocks the deletion', async () => {
    const output = await runExample('tool-approval')
    expect(output).toContain('Allow send_mail {"to":"Ada","text":"Your order is on its way."}?')
    expect(output).toContain('send_mail: sent to Ada')
    expect(output).toContain(
      'delete_customer: the guard blocked "delete_customer": nothing is deleted by an agent',
    )
  })

  it('langchain-agent asks before the refund and prints the run with its tokens', async () => {
    const output = await runExample('langchain-agent')
    expect(output).toContain('Allow refund_order {"order":1007}? (refunds cost money) [y/n] y')
    expect(output).toContain('Order 1007 was lost by Snail Mail.')
    expect(output).toContain('Order 1007 is refunded.')
    const [head, ...rows] = output.slice(output.indexOf('order agent: ')).trimEnd().split('\n')
    expect(head).toMatch(/^order agent: completed, [1-9]\d* tokens in, [1-9]\d* out$/)
    expect(rows).toEqual([
      expect.stringMatching(/^ {2}model_call pincer-demo: ok, [1-9]\d* tokens in, [1-9]\d* out$/),
      '  tool_call look_up_order: ok',
      '  tool_call refund_order: ok',
      expect.stringMatching(/^ {2}model_call pincer-demo: ok, [1-9]\d* tokens in, [1-9]\d* out$/),
    ])
  })

  it('mastra-tools uses a tool of the gateway, asks before its own, and prints the run', async () => {
    const output = await runExample('mastra-tools')
    expect(output).toContain('Allow refund_order {"order":1007}? (refunds cost money) [y/n] y')
    expect(output).toContain('Parcel 1007 was lost by Snail Mail.')
    expect(output).toContain('Order 1007 is refunded.')
    const [head, ...rows] = output.slice(output.indexOf('parcel agent: ')).trimEnd().split('\n')
    expect(head).toMatch(/^parcel agent: completed, [1-9]\d* tokens in, [1-9]\d* out$/)
    expect(rows).toEqual([
      expect.stringMatching(/^ {2}model_call pincer-demo: ok, [1-9]\d* tokens in, [1-9]\d* out$/),
      '  tool_call look_up_parcel: ok',
      '  tool_call refund_order: ok',
      expect.stringMatching(/^ {2}model_call pincer-demo: ok, [1-9]\d* tokens in, [1-9]\d* out$/),
    ])
  })

  it('demo tells every outcome apart, and gives machines JSON', async () => {
    const { run: tree, stats } = JSON.parse(await runExample('demo', '--json'))
    const rowsBelow = (run: RunRow): string[][] =>
      run.children.flatMap((child) => [
        [child.name, child.status, child.actions.map((action) => action.outcome).join(' ')],
        ...rowsBelow(child),
      ])
    expect(rowsBelow(tree)).toEqual([
      ['answer in one piece', 'completed', 'ok'],
      ['answer as a stream', 'completed', 'ok'],
      ['use a tool', 'completed', 'ok ok ok'],
      ['use a tool that fails', 'failed', 'ok error'],
      ['stop a stream half-way', 'completed', 'cancelled'],
      ['try what a policy forbids', 'completed', 'ok blocked ok'],
      ['do what a person must allow', 'completed', 'ok ok ok'],
      ['answer through an Anthropic client', 'completed', 'ok'],
      ['hand over to LangChain', 'completed', ''],
      ['order agent', 'completed', 'ok ok ok ok'],
      ['hand over to Mastra', 'completed', ''],
      ['parcel agent', 'completed', 'ok ok ok ok'],
      ['ask an agent of the gateway', 'completed', ''],
      ['parcel clerk', 'completed', 'ok ok ok'],
    ])
    expect(tree).toMatchObject({ status: 'completed', name: 'support agent' })
    const { inputTokens, outputTokens, costUsd } = tree.totalUsage
    expect(costUsd).toBeCloseTo((inputTokens * 0.25 + outputTokens * 2) / 1e6, 9)
    expect(stats).toMatchObject({ queued: 0, dropped: 0, rejected: 0, lateEnds: 0 })
  })

  it('demo prints a plain tree without a terminal', async () => {
    const output = await runExample('demo')
    expect(output).toContain('├─ ✗ tool delete_customer  blocked')
    expect(output).toMatch(/events recorded, 0 lost\.\nThe record lies in \S+demo\.sqlite/)
    // No colour where nobody can see it.
    expect(output).not.toContain('\u001b')
  })
})
