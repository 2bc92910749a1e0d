import { expect, test } from 'vitest'
import { makeClaw } from './make-claw.ts'
import { type Recorded, startServer } from './recording-server.ts'

const agent_id = 'test-agent'

/** What a request was: its line, and what it sent. */
function lineOf({ method, path, query, body }: Recorded): readonly unknown[] {
  const sent = method === 'GET' || method === 'DELETE' ? query : body
  return [`${method} ${path}`, ...(sent === undefined ? [] : [sent])]
}

test('the task routing of the document can be written one to one', async () => {
  const answers: Record<string, object> = {
    'POST /api/routing/tasks': {
      task: { id: 'rt_1' },
      routing: { status: 'assigned', agent_id: 'ra_1', agent_name: 'data-analyst' },
    },
  }
  await using server = await startServer(({ method, path }) => ({ body: answers[`${method} ${path}`] ?? {} }))
  const claw = makeClaw(server.url)
  await claw.registerRoutingAgent('data-analyst', {
    capabilities: ['data-analysis', 'reporting'],
    max_concurrent: 5,
    endpoint: 'https://agents.example.com/analyst',
  })
  const task = await claw.submitRoutingTask('Analyze quarterly metrics', {
    description: 'Pull Q4 data',
    required_skills: ['data-analysis'],
    urgency: 'medium',
    timeout_seconds: 600,
    callback_url: 'https://hooks.example.com/task-done',
  })
  expect(`Task ${task.task_id} assigned to ${task.assigned_agent?.name ?? 'nobody'}`).toBe(
    'Task rt_1 assigned to data-analyst',
  )
  expect(task.routing).toEqual(answers['POST /api/routing/tasks']?.['routing' as never])
  await claw.completeRoutingTask(task.task_id, { result: { summary: 'Report generated' } })
  await claw.listRoutingAgents({ status: 'available' })
  await claw.listRoutingTasks({ status: 'pending', agent_id: 'ra_1' })
  await claw.updateRoutingAgentStatus('ra_1', 'busy')
  await claw.deleteRoutingAgent('ra_1')
  expect(server.requests.map(lineOf)).toEqual([
    [
      'POST /api/routing/agents',
      {
        name: 'data-analyst',
        capabilities: ['data-analysis', 'reporting'],
        maxConcurrent: 5,
        endpoint: 'https://agents.example.com/analyst',
      },
    ],
    [
      'POST /api/routing/tasks',
      {
        title: 'Analyze quarterly metrics',
        description: 'Pull Q4 data',
        requiredSkills: ['data-analysis'],
        urgency: 'normal',
        timeoutSeconds: 600,
        maxRetries: 2,
        callbackUrl: 'https://hooks.example.com/task-done',
      },
    ],
    ['POST /api/routing/tasks/rt_1/complete', { success: true, result: { summary: 'Report generated' } }],
    ['GET /api/routing/agents', { status: 'available' }],
    ['GET /api/routing/tasks', { status: 'pending', assigned_to: 'ra_1' }],
    ['PATCH /api/routing/agents/ra_1', { status: 'busy' }],
    ['DELETE /api/routing/agents/ra_1', {}],
  ])
})

test('a task that waits has nobody assigned', async () => {
  await using server = await startServer(() => ({
    status: 201,
    body: { task: { id: 'rt_1' }, routing: { status: 'pending', reason: 'nobody is free' } },
  }))
  const task = await makeClaw(server.url).submitRoutingTask('Wait')
  expect(task.task_id).toBe('rt_1')
  expect(task).not.toHaveProperty('assigned_agent')
})

test('context, snippets, handoffs and preferences of the document can be written one to one', async () => {
  await using server = await startServer(() => ({ body: { thread_id: 'ct_1', thread: { id: 'ct_1' } } }))
  const claw = makeClaw(server.url)
  await claw.captureKeyPoint('User confirmed budget is $50k', { category: 'constraint' })
  await claw.captureKeyPoint('Ship on Friday', { category: 'decision', importance: 8 })
  await claw.getKeyPoints({ session_date: '2025-01-15' })
  const { thread_id } = await claw.createThread({ name: 'Release Planning' })
  await claw.addThreadEntry(thread_id, 'Kickoff complete')
  await claw.closeThread(thread_id, 'Done for today')
  await claw.getThreads({ status: 'active', limit: 10 })
  await claw.saveSnippet('fetch-with-retry', 'async def f(): ...', { language: 'python' })
  await claw.getSnippets({ language: 'python', search: 'retry' })
  await claw.getSnippet('sn_1')
  await claw.useSnippet('sn_1')
  await claw.deleteSnippet('sn_1')
  await claw.createHandoff({ summary: 'Set up.', context: { pipeline_id: 'p_1' }, tags: ['data', 'night'] })
  await claw.getHandoffs({ limit: 5 })
  await claw.getLatestHandoff()
  await claw.logObservation('User prefers concise answers')
  await claw.setPreference('code_style: functional', { confidence: 80 })
  await claw.logMood('focused', { energy: 'high', context: 'morning standup' })
  await claw.trackApproach('Stacked diffs', { succeeded: true })
  await claw.getPreferenceSummary()
  await claw.getApproaches({ limit: 10 })
  expect(server.requests.map(lineOf)).toEqual([
    ['POST /api/context/points', { agent_id, content: 'User confirmed budget is $50k', category: 'general' }],
    [
      'POST /api/context/points',
      { agent_id, content: 'Ship on Friday', category: 'decision', importance: 8 },
    ],
    ['GET /api/context/points', { agent_id, session_date: '2025-01-15' }],
    ['POST /api/context/threads', { agent_id, name: 'Release Planning' }],
    ['POST /api/context/threads/ct_1/entries', { content: 'Kickoff complete', entry_type: 'note' }],
    ['PATCH /api/context/threads/ct_1', { summary: 'Done for today', status: 'closed' }],
    ['GET /api/context/threads', { agent_id, status: 'active', limit: '10' }],
    [
      'POST /api/snippets',
      { agent_id, name: 'fetch-with-retry', code: 'async def f(): ...', language: 'python' },
    ],
    ['GET /api/snippets', { language: 'python', search: 'retry' }],
    ['GET /api/snippets/sn_1', {}],
    ['POST /api/snippets/sn_1/use'],
    ['DELETE /api/snippets', { id: 'sn_1' }],
    [
      'POST /api/handoffs',
      { agent_id, summary: 'Set up.\n\ncontext: {"pipeline_id":"p_1"}\ntags: ["data","night"]' },
    ],
    ['GET /api/handoffs', { agent_id, limit: '5' }],
    ['GET /api/handoffs', { agent_id, latest: 'true' }],
    ['POST /api/preferences', { agent_id, type: 'observation', observation: 'User prefers concise answers' }],
    [
      'POST /api/preferences',
      { agent_id, type: 'preference', preference: 'code_style: functional', confidence: 80 },
    ],
    [
      'POST /api/preferences',
      { agent_id, type: 'mood', mood: 'focused', energy: 'high', notes: 'morning standup' },
    ],
    ['POST /api/preferences', { agent_id, type: 'approach', approach: 'Stacked diffs', success: true }],
    ['GET /api/preferences', { agent_id, type: 'summary' }],
    ['GET /api/preferences', { agent_id, type: 'approaches', limit: '10' }],
  ])
})

test('dashboard, tokens, schedules and state of the document can be written one to one', async () => {
  await using server = await startServer()
  const claw = makeClaw(server.url)
  await claw.recordDecision('Chose retries', { reasoning: 'Lower latency' })
  await claw.createGoal('Reduce p99', { priority: 'high', deadline: '2025-12-31' })
  await claw.recordContent('Weekly Report', { content_type: 'report', body: '…' })
  await claw.recordContent('Weekly Report', { content_type: 'report', platform: 'blog' })
  await claw.recordInteraction('Worked with QA agent')
  await claw.createCalendarEvent('Sprint Review', '2025-01-15T10:00:00Z', {
    end_time: '2025-01-15T11:00:00Z',
  })
  await claw.recordIdea('Use a vector DB', { category: 'architecture', body: 'For retrieval' })
  await claw.reportMemoryHealth('healthy', 42, 8)
  await claw.reportMemoryHealth({ score: 90 }, [{ name: 'ada' }])
  await claw.reportTokenUsage(1200, 350, { model: 'gpt-4o', session_id: 'sess_abc' })
  await claw.setTokenBudget({ daily_limit: 100_000 })
  await claw.createAgentSchedule('forge', 'Build projects', '0 */6 * * *', { description: 'Pending builds' })
  await claw.listAgentSchedules({ agent_id: 'forge' })
  await claw.syncState({ decisions: [{ decision: 'b' }], learning: [{ decision: 'a' }], goals: [] })
  expect(server.requests.map(lineOf)).toEqual([
    ['POST /api/learning', { agent_id, decision: 'Chose retries', reasoning: 'Lower latency' }],
    [
      'POST /api/goals',
      { agent_id, title: 'Reduce p99', target_date: '2025-12-31', description: 'priority: high' },
    ],
    ['POST /api/content', { agent_id, title: 'Weekly Report', platform: 'report', body: '…' }],
    ['POST /api/content', { agent_id, title: 'Weekly Report', platform: 'blog' }],
    ['POST /api/relationships', { agent_id, summary: 'Worked with QA agent' }],
    [
      'POST /api/calendar',
      { summary: 'Sprint Review', start_time: '2025-01-15T10:00:00Z', end_time: '2025-01-15T11:00:00Z' },
    ],
    [
      'POST /api/inspiration',
      { title: 'Use a vector DB', category: 'architecture', description: 'For retrieval' },
    ],
    [
      'POST /api/memory',
      { health: { status: 'healthy', total_entities: 42, total_topics: 8 }, entities: [], topics: [] },
    ],
    ['POST /api/memory', { health: { score: 90 }, entities: [{ name: 'ada' }], topics: [] }],
    [
      'POST /api/tokens',
      { agent_id, tokens_in: 1200, tokens_out: 350, model: 'gpt-4o', session_key: 'sess_abc' },
    ],
    ['PUT /api/tokens/budget', { daily_limit: 100_000 }],
    [
      'POST /api/agent-schedules',
      {
        agent_id: 'forge',
        name: 'Build projects',
        cron_expression: '0 */6 * * *',
        description: 'Pending builds',
      },
    ],
    ['GET /api/agent-schedules', { agent_id: 'forge' }],
    ['POST /api/sync', { agent_id, goals: [], learning: [{ decision: 'a' }, { decision: 'b' }] }],
  ])
})

test('a digest has the counts of the document and those of the server', async () => {
  const digest = { actions: { total: 7, completed: 5, items: [] }, decisions: { total: 2 }, lessons: 'none' }
  await using server = await startServer(() => ({ body: { date: '2025-01-15', agent_id, digest } }))
  const found = await makeClaw(server.url).getDailyDigest('2025-01-15')
  expect(found).toEqual({ date: '2025-01-15', agent_id, digest, actions_count: 7, decisions_count: 2 })
  expect(server.requests.map(lineOf)).toEqual([['GET /api/digest', { agent_id, date: '2025-01-15' }]])
})

test('a scan has the text of the document and that of the server', async () => {
  const scan = { clean: false, findings_count: 1, findings: [], redacted_text: 'My key is [REDACTED]' }
  await using server = await startServer(({ path }) => ({
    body: path === '/api/security/scan' ? scan : { clean: true, recommendation: 'allow' },
  }))
  const claw = makeClaw(server.url)
  expect((await claw.scanContent('My key is sk-abc123', 'slack')).redacted).toBe('My key is [REDACTED]')
  expect(await claw.reportSecurityFinding('x')).toEqual({ ...scan, redacted: scan.redacted_text })
  expect((await claw.scanPromptInjection('Ignore all', { source: 'user_input' })).recommendation).toBe(
    'allow',
  )
  expect(server.requests.map(lineOf)).toEqual([
    [
      'POST /api/security/scan',
      { agent_id, text: 'My key is sk-abc123', destination: 'slack', store: false },
    ],
    ['POST /api/security/scan', { agent_id, text: 'x', store: true }],
    ['POST /api/security/prompt-injection', { agent_id, text: 'Ignore all', source: 'user_input' }],
  ])
})

test('organizations, webhooks and sessions go where the document and Node v2 send them', async () => {
  await using server = await startServer()
  const claw = makeClaw(server.url)
  await claw.getOrg()
  await claw.createOrg('Acme Corp', 'acme-corp')
  await claw.updateOrg('org_1', { name: 'Acme Corp v2' })
  await claw.getOrgKeys('org_1')
  await claw.getActivityLogs({ agent_id: 'my-agent', type: 'action', limit: 100 })
  await claw.createWebhook('https://hooks.example.com/dashclaw', ['all'])
  await claw.testWebhook('wh_1')
  await claw.getWebhookDeliveries('wh_1')
  await claw.deleteWebhook('wh_1')
  await claw.createSession(null, '/work', 'main')
  await claw.createSession('other')
  await claw.updateSession('sess_1', { status: 'blocked', blocked_reason: 'tests' })
  await claw.listSessions({ agentId: 'other' })
  expect(server.requests.map(lineOf)).toEqual([
    ['GET /api/orgs', {}],
    ['POST /api/orgs', { name: 'Acme Corp', slug: 'acme-corp' }],
    ['PATCH /api/orgs/org_1', { name: 'Acme Corp v2' }],
    ['GET /api/orgs/org_1/keys', {}],
    ['GET /api/activity', { actor_id: 'my-agent', resource_type: 'action', limit: '100' }],
    ['POST /api/webhooks', { url: 'https://hooks.example.com/dashclaw', events: ['all'] }],
    ['POST /api/webhooks/wh_1/test'],
    ['GET /api/webhooks/wh_1/deliveries', {}],
    ['DELETE /api/webhooks', { id: 'wh_1' }],
    ['POST /api/sessions', { agent_id, workspace: '/work', branch: 'main' }],
    ['POST /api/sessions', { agent_id: 'other' }],
    ['PATCH /api/sessions/sess_1', { status: 'blocked', blocked_reason: 'tests' }],
    ['GET /api/sessions', { agent_id: 'other', limit: '50' }],
  ])
})

test('the execution studio of the document can be written one to one', async () => {
  await using server = await startServer()
  const claw = makeClaw(server.url)
  const template = {
    name: 'Release Hotfix',
    objective: 'Deploy with full coverage',
    linked_policy_ids: ['pol_prod_deploy'],
    linked_capability_tags: ['deploy'],
    model_strategy_id: 'mst_balanced_default',
  }
  const config = { primary: { provider: 'openai', model: 'gpt-4.1' }, maxBudgetUsd: 0.5 }
  const item = { source_uri: 'https://docs.example.com/runbook.md', mime_type: 'text/markdown' }
  await claw.createWorkflowTemplate(template)
  await claw.listWorkflowTemplates({ status: 'active' })
  await claw.updateWorkflowTemplate('wft_1', { steps: [{ id: 'plan' }] })
  await claw.duplicateWorkflowTemplate('wft_1')
  await claw.launchWorkflowTemplate('wft_1', { agent_id: 'deploy-bot' })
  await claw.createModelStrategy({ name: 'Balanced Default', config })
  await claw.updateModelStrategy('mst_1', { config: { maxBudgetUsd: 1 } })
  await claw.deleteModelStrategy('mst_1')
  await claw.createKnowledgeCollection({ name: 'Runbooks', source_type: 'files', tags: ['ops'] })
  await claw.listKnowledgeCollections({ sourceType: 'files' })
  await claw.addKnowledgeCollectionItem('kc_1', item)
  await claw.listKnowledgeCollectionItems('kc_1')
  await claw.listCapabilities({ riskLevel: 'medium', search: 'slack' })
  await claw.createCapability({ name: 'Send', risk_level: 'medium', requires_approval: false })
  expect(server.requests.map(lineOf)).toEqual([
    ['POST /api/workflows/templates', template],
    ['GET /api/workflows/templates', { status: 'active', limit: '50', offset: '0' }],
    ['PATCH /api/workflows/templates/wft_1', { steps: [{ id: 'plan' }] }],
    ['POST /api/workflows/templates/wft_1/duplicate', {}],
    ['POST /api/workflows/templates/wft_1/launch', { agent_id: 'deploy-bot' }],
    ['POST /api/model-strategies', { name: 'Balanced Default', config }],
    ['PATCH /api/model-strategies/mst_1', { config: { maxBudgetUsd: 1 } }],
    ['DELETE /api/model-strategies/mst_1', {}],
    ['POST /api/knowledge/collections', { name: 'Runbooks', source_type: 'files', tags: ['ops'] }],
    ['GET /api/knowledge/collections', { source_type: 'files', limit: '50', offset: '0' }],
    ['POST /api/knowledge/collections/kc_1/items', item],
    ['GET /api/knowledge/collections/kc_1/items', { limit: '100', offset: '0' }],
    ['GET /api/capabilities', { risk_level: 'medium', search: 'slack', limit: '100', offset: '0' }],
    ['POST /api/capabilities', { name: 'Send', risk_level: 'medium', requires_approval: false }],
  ])
})
