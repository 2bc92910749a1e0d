import {
  type ArtifactsDownloadResult,
  type EnvironmentSummary,
  type GatewayEvent,
  OpenClaw,
  type OpenClawEvent,
  type PendingApproval,
  type Run,
  type RunResult,
  type Session,
  type TasksListResult,
  type ToolsInvokeResult,
} from '../../src/index.ts'

// The code blocks of the App SDK document, one function each, in the document's order and with its calls. What differs from
// Gateway to Gateway (address, model, names, ids) comes in; where nothing comes in it is what the document writes.

/** "Connect to a Gateway". */
export async function connectToGateway(
  url = 'ws://127.0.0.1:18789',
  token: string | undefined = process.env['OPENCLAW_GATEWAY_TOKEN'],
): Promise<OpenClaw> {
  const oc = new OpenClaw({
    url,
    token,
    requestTimeoutMs: 30_000,
  })

  await oc.connect()
  return oc
}

/** "Connect to a Gateway": the same by the name `gateway`. */
export async function connectByGateway(
  gateway = 'ws://127.0.0.1:18789',
  token: string | undefined = process.env['OPENCLAW_GATEWAY_TOKEN'],
): Promise<OpenClaw> {
  const oc = new OpenClaw({ gateway, token })
  await oc.connect()
  return oc
}

/** "For tests, pass an object that implements `OpenClawTransport`". */
export function injectTransport(): OpenClaw {
  const oc = new OpenClaw({
    transport: {
      async request(method, params) {
        return { method, params }
      },
      async *events() {},
    },
  })
  return oc
}

/** "Run an agent". */
export async function runAnAgent(
  oc: OpenClaw,
  {
    input = 'Review this pull request and suggest the smallest safe fix.',
    model = 'openai/gpt-5.5',
    sessionKey = 'main',
    write = (text: string): unknown => process.stdout.write(text),
  }: {
    readonly input?: string
    readonly model?: string
    readonly sessionKey?: string
    readonly write?: (text: string) => unknown
  } = {},
): Promise<{ readonly run: Run; readonly result: RunResult }> {
  const agent = await oc.agents.get('main')

  const run = await agent.run({
    input,
    model,
    sessionKey,
    timeoutMs: 30_000,
  })

  for await (const event of run.events()) {
    const data = event.data as { delta?: unknown }
    if (event.type === 'assistant.delta' && typeof data.delta === 'string') {
      write(data.delta)
    }
  }

  const result = await run.wait({ timeoutMs: 120_000 })
  write(`${result.status}\n`)
  return { run, result }
}

/** "Create and reuse sessions". */
export async function createSession(
  oc: OpenClaw,
  {
    label = 'release-review',
    message = 'Prepare release notes from the current diff.',
  }: { readonly label?: string; readonly message?: string } = {},
): Promise<{ readonly session: Session; readonly run: Run; readonly result: RunResult }> {
  const session = await oc.sessions.create({
    agentId: 'main',
    label,
  })

  const run = await session.send(message)
  const result = await run.wait()
  return { session, run, result }
}

/** "Session handles also support". */
export async function useSession(session: Session, run: Run, label = 'renamed-session'): Promise<void> {
  await session.abort(run.id)
  await session.patch({ label })
  await session.compact({ maxLines: 200 })
}

/** "`Run.events()` filters events to one run id and replays already-seen events for fast runs". */
export async function readFastRun(
  oc: OpenClaw,
  input = 'Summarize the latest session.',
): Promise<readonly OpenClawEvent[]> {
  const agent = await oc.agents.get('main')
  const seen: OpenClawEvent[] = []
  const run = await agent.run(input)

  for await (const event of run.events()) {
    seen.push(event)
    if (event.type === 'run.completed') {
      break
    }
  }
  return seen
}

/** "For app-wide streams, use `oc.events()`. For raw Gateway frames, use `oc.rawEvents()`". */
export async function readFirstEvents(
  oc: OpenClaw,
): Promise<{ readonly event: OpenClawEvent | undefined; readonly raw: GatewayEvent | undefined }> {
  const [event, raw] = await Promise.all([firstOf(oc.events()), firstOf(oc.rawEvents())])
  return { event, raw }
}

/** "Model helpers map to current Gateway methods". */
export async function useModels(oc: OpenClaw): Promise<void> {
  await oc.models.list()
  await oc.models.status({ probe: false }) // calls models.authStatus
}

/** "Tool helpers expose the Gateway catalog, effective tool view, and direct Gateway tool invocation". */
export async function useTools(oc: OpenClaw, name = 'tool-name'): Promise<ToolsInvokeResult> {
  await oc.tools.list()
  await oc.tools.effective({ sessionKey: 'main' })
  return oc.tools.invoke(name, {
    args: { input: 'value' },
    sessionKey: 'main',
    confirm: false,
    idempotencyKey: 'tool-call-1',
  })
}

/** "Artifact helpers expose the Gateway artifact projection for session, run, or task context". */
export async function useArtifacts(
  oc: OpenClaw,
  sessionKey = 'main',
): Promise<ArtifactsDownloadResult | undefined> {
  const { artifacts } = await oc.artifacts.list({ sessionKey })
  const first = artifacts[0]

  if (first) {
    const { artifact } = await oc.artifacts.get(first.id, { sessionKey })
    const download = await oc.artifacts.download(artifact.id, { sessionKey })
    return download
  }
  return undefined
}

/** "Approval helpers": what waits for an answer. */
export async function listApprovals(oc: OpenClaw): Promise<readonly PendingApproval[]> {
  const approvals = await oc.approvals.list()
  return approvals
}

/** "Approval helpers": the answer. */
export async function respondToApproval(oc: OpenClaw, id = 'approval-id'): Promise<void> {
  await oc.approvals.respond(id, { decision: 'approve' })
}

/** "Environment helpers expose read-only Gateway-local and node discovery". */
export async function useEnvironments(oc: OpenClaw): Promise<EnvironmentSummary> {
  const { environments } = await oc.environments.list()
  return oc.environments.status(environments[0].id)
}

/** "Explicitly unsupported today": tasks, which the Gateway has by now. */
export async function useTasks(oc: OpenClaw, id = 'task-id'): Promise<TasksListResult> {
  const tasks = await oc.tasks.list()
  await oc.tasks.get(id)
  await oc.tasks.cancel(id)
  return tasks
}

/** "Explicitly unsupported today": an environment of no profile. */
export async function createEnvironment(oc: OpenClaw): Promise<void> {
  await oc.environments.create({})
}

/** "Explicitly unsupported today": the Gateway calls it `environments.destroy`. */
export async function deleteEnvironment(oc: OpenClaw, id = 'environment-id'): Promise<void> {
  await oc.environments.delete(id)
}

/** "Per-run fields are typed as future shape": each throws before the run is submitted. */
export async function runWithUnsupported(
  oc: OpenClaw,
  field: 'workspace' | 'runtime' | 'environment' | 'approvals',
): Promise<Run> {
  const agent = await oc.agents.get('main')
  switch (field) {
    case 'workspace':
      return agent.run({ input: 'x', workspace: { cwd: '/tmp' } })
    case 'runtime':
      return agent.run({ input: 'x', runtime: 'auto' })
    case 'environment':
      return agent.run({ input: 'x', environment: { type: 'local' } })
    case 'approvals':
      return agent.run({ input: 'x', approvals: 'ask' })
  }
}

async function firstOf<Item>(items: AsyncIterable<Item>): Promise<Item | undefined> {
  for await (const item of items) return item
  return undefined
}
