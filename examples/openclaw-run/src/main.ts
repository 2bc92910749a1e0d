import { createInterface } from 'node:readline/promises'
import { parseArgs } from 'node:util'

import { GatewayError, OpenClaw, type OpenClawEvent } from '@pincer/openclaw'

const { values, positionals } = parseArgs({
  options: { 'allow-all': { type: 'boolean', default: false } },
  allowPositionals: true,
})
const input = positionals.join(' ') || 'Run the command `date` and tell me what it says.'
let isLineOpen = false

// As a reviewer this client is shown approvals, and the Gateway waits for its answers.
await using oc = new OpenClaw({
  gateway: 'auto',
  reviewer: true,
  displayName: 'openclaw-run',
  connectTimeoutMs: 5_000,
})
await oc.connect()
printLine(`connected to OpenClaw ${oc.hello?.version ?? ''}`)

const agent = await oc.agents.get('main')
const run = await agent.run({ input, sessionKey: 'pincer-example', timeoutMs: 120_000 })
printLine(`> ${input}`)
for await (const event of run.events()) await show(event)

const result = await run.wait()
const { inputTokens = 0, outputTokens = 0, costUsd } = result.usage ?? {}
const cost = costUsd === undefined ? '' : `, $${costUsd.toFixed(6)}`
printLine(`${result.status}, ${inputTokens} tokens in, ${outputTokens} out${cost}`)
if (result.error !== undefined) printLine(result.error.message)

/** Prints an event as a person wants to see it, and asks where the run waits for an answer. */
async function show(event: OpenClawEvent): Promise<void> {
  switch (event.type) {
    case 'assistant.delta':
      // A replacement stands for all of the message so far.
      if (event.data.replace === true) printLine('')
      process.stdout.write(event.data.delta)
      isLineOpen = !event.data.delta.endsWith('\n')
      break
    case 'tool.call.started':
      printLine(`[${event.data.name} ${JSON.stringify(event.data.input)}]`)
      break
    case 'tool.call.failed':
      printLine(`[failed: ${event.data.error.message}]`)
      break
    case 'approval.requested': {
      const { approvalId, name, input: asked } = event.data
      await answer(approvalId, await isAllowed(`Allow ${name} ${JSON.stringify(asked)}? [y/n] `))
    }
  }
}

async function answer(approvalId: string, allowed: boolean): Promise<void> {
  try {
    await oc.approvals.respond(approvalId, { decision: allowed ? 'approve' : 'deny' })
  } catch (error) {
    // Somebody else was faster, or the time was up: the run goes on with that.
    if (!(error instanceof GatewayError) || error.status !== 409) throw error
    printLine(`[${error.message}]`)
  }
}

async function isAllowed(question: string): Promise<boolean> {
  if (values['allow-all'] || !process.stdin.isTTY) {
    // Where nobody can be asked, nothing is allowed.
    printLine(`${question}${values['allow-all'] ? 'y' : 'n'}`)
    return values['allow-all']
  }
  printLine('')
  const terminal = createInterface(process.stdin, process.stdout)
  const gone = new AbortController()
  terminal.once('close', () => gone.abort())
  // Whoever leaves without an answer (Ctrl+D) has allowed nothing.
  const said = await terminal.question(question, { signal: gone.signal }).catch(() => 'n')
  terminal.close()
  return /^y(?:es)?$/i.test(said.trim())
}

/** Prints a line of its own, also behind text that ended in none. */
function printLine(line: string): void {
  if (isLineOpen) process.stdout.write('\n')
  isLineOpen = false
  if (line !== '') console.log(line)
}
