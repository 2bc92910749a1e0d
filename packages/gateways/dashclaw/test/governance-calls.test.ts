import { expect, test } from 'vitest'
import { DashClawError } from '../src/index.ts'
import { makeClaw, rejection } from './make-claw.ts'
import { type Answer, type Recorded, startServer } from './recording-server.ts'

/** What a request was: its line, and what it sent. */
function lineOf({ method, path, query, body }: Recorded): readonly unknown[] {
  return [`${method} ${path}`, method === 'GET' || method === 'DELETE' ? query : body]
}

test('the recommendations of the document can be written one to one', async () => {
  await using server = await startServer()
  const claw = makeClaw(server.url)
  await claw.rebuildRecommendations({ lookback_days: 30, min_samples: 5 })
  await claw.getRecommendations({ action_type: 'deploy', limit: 5, include_metrics: true })
  await claw.getRecommendationMetrics({ action_type: 'deploy', lookback_days: 30 })
  await claw.setRecommendationActive('lrec_123', false)
  const fetched = {
    recommendation_id: 'lrec_123',
    event_type: 'fetched',
    details: { source: 'sdk' },
  } as const
  await claw.recordRecommendationEvents(fetched)
  await claw.recordRecommendationEvents([fetched, { event_type: 'applied', event_key: 'once' }])
  const agent = { agent_id: 'test-agent' }
  expect(server.requests.map(lineOf)).toEqual([
    [
      'POST /api/learning/recommendations',
      { ...agent, lookback_days: 30, min_samples: 5, episode_limit: 5000 },
    ],
    [
      'GET /api/learning/recommendations',
      { ...agent, action_type: 'deploy', limit: '5', include_metrics: 'true', track_events: 'true' },
    ],
    [
      'GET /api/learning/recommendations/metrics',
      { ...agent, action_type: 'deploy', limit: '100', lookback_days: '30' },
    ],
    ['PATCH /api/learning/recommendations/lrec_123', { active: false }],
    ['POST /api/learning/recommendations/events', fetched],
    [
      'POST /api/learning/recommendations/events',
      { events: [fetched, { event_type: 'applied', event_key: 'once' }] },
    ],
  ])
})

test('only what may be a list takes a list, and nothing else is sent for one', async () => {
  await using server = await startServer()
  const claw = makeClaw(server.url)
  const calls = [
    claw.createScoringProfile([{ name: 'x' }] as never),
    claw.recordRecommendationEvents('fetched' as never),
    claw.recordRecommendationEvents(null as never),
  ]
  for (const call of calls) {
    const error = await rejection(call)
    expect(error).toBeInstanceOf(DashClawError)
    expect(error).toMatchObject({
      status: 400,
      message: expect.stringContaining('expected an object') as string,
    })
  }
  expect(server.requests).toEqual([])
})

test('a compliance map has the names of the document and those of the server', async () => {
  const summary = { total_controls: 3, covered: 1, partial: 1, gaps: 1, coverage_percentage: 50 }
  const control = (id: string, status: string): object => ({
    control_id: id,
    title: `Title of ${id}`,
    status,
    matched_policies: [],
    gap_recommendations: ['Add a policy'],
  })
  const controls = [control('CC6.1', 'covered'), control('CC6.2', 'partial'), control('CC6.3', 'gap')]
  await using server = await startServer(() => ({ body: { framework: 'SOC 2', summary, controls } }))
  const map = await makeClaw(server.url).mapCompliance('soc2')
  expect(map.coverage_pct).toBe(50)
  expect(map.summary).toEqual(summary)
  expect(map.controls.filter(({ covered }) => !covered).map(({ id, name }) => `${id}: ${name}`)).toEqual([
    'CC6.2: Title of CC6.2',
    'CC6.3: Title of CC6.3',
  ])
  expect(map.controls[2]).toMatchObject(controls[2] ?? {})
  expect(server.requests.map(lineOf)).toEqual([['GET /api/compliance/map', { framework: 'soc2' }]])
})

test('the other compliance calls of the document can be written one to one', async () => {
  await using server = await startServer()
  const claw = makeClaw(server.url)
  await claw.analyzeGaps('soc2')
  await claw.getComplianceReport('iso27001', { format: 'md' })
  await claw.listFrameworks()
  await claw.getComplianceEvidence({ window: '30d' })
  await claw.getProofReport({ format: 'md' })
  await claw.importPolicies({ pack: 'enterprise-strict' })
  await claw.importPolicies({ yaml: 'policies: []' })
  expect(server.requests.map(lineOf)).toEqual([
    ['GET /api/compliance/gaps', { framework: 'soc2' }],
    ['GET /api/compliance/report', { framework: 'iso27001', format: 'md' }],
    ['GET /api/compliance/frameworks', {}],
    ['GET /api/compliance/evidence', { window: '30d' }],
    ['GET /api/policies/proof', { format: 'md' }],
    ['POST /api/policies/import', { pack: 'enterprise-strict' }],
    ['POST /api/policies/import', { yaml: 'policies: []' }],
  ])
})

test('a test of policies is a list to the document and a summary to the server', async () => {
  const tested = (name: string, passed: boolean): object => ({
    policy_id: `gp_${name}`,
    policy_name: name,
    tests: [
      { name: 'applies', passed: true, expected: true, actual: true, reason: null },
      {
        name: 'blocks',
        passed,
        expected: false,
        actual: !passed,
        reason: passed ? null : 'it let it through',
      },
    ],
  })
  const details = [tested('Block deploys', true), tested('Ask first', false)]
  const results = { total_policies: 2, total_tests: 4, passed: 3, failed: 1, success: false, details }
  await using server = await startServer(() => ({ body: { results, generated_at: '2026-01-01T00:00:00Z' } }))
  const report = await makeClaw(server.url).testPolicies()
  expect(`${report.passed}/${report.total}`).toBe('3/4')
  expect(
    report.results.filter(({ passed }) => !passed).map(({ policy, reason }) => `${policy}: ${reason}`),
  ).toEqual(['Ask first: it let it through'])
  expect(report.results.total_policies).toBe(2)
  expect(report.results.details).toHaveLength(2)
  expect(report.results.details[0]).toMatchObject(details[0] ?? {})
  expect(report.generated_at).toBe('2026-01-01T00:00:00Z')
  expect(server.requests.map(lineOf)).toEqual([['POST /api/policies/test', { agent_id: 'test-agent' }]])
})

test('a summary with the names of a list breaks no list', async () => {
  const answers: Answer[] = [
    { body: { results: { passed: 1, length: 9, map: 'x', details: [{ policy_id: 'gp_1' }, 'odd'] } } },
    { body: { results: { passed: 1, details: 'none' } } },
    { body: { results: [{ policy: 'kept', passed: true }], passed: 1 } },
  ]
  await using server = await startServer(() => answers.shift())
  const claw = makeClaw(server.url)
  expect((await claw.testPolicies()).results.map((policy) => policy.policy)).toEqual(['gp_1', undefined])
  expect((await claw.testPolicies()).results).toHaveLength(0)
  expect(await claw.testPolicies()).toEqual({ results: [{ policy: 'kept', passed: true }], passed: 1 })
})

test('rules and agents of a policy are sent as JSON, and truth as a number', async () => {
  await using server = await startServer(() => ({ status: 201, body: { policy: {}, policy_id: 'gp_1' } }))
  const claw = makeClaw(server.url)
  const rules = { threshold: 80, action: 'block' }
  const policy_type = 'risk_threshold'
  await claw.createPolicy('High risk', policy_type, rules, { active: true, agent_ids: ['a', 'b'] })
  const details = { active: 1, agent_ids: null }
  await claw.createPolicy('As text', policy_type, '{"threshold":80}', details)
  await claw.updatePolicy('gp_1', { active: false })
  await claw.deletePolicy('gp_1')
  expect(server.requests.map(lineOf)).toEqual([
    [
      'POST /api/policies',
      { name: 'High risk', policy_type, rules: JSON.stringify(rules), active: 1, agent_ids: '["a","b"]' },
    ],
    ['POST /api/policies', { name: 'As text', policy_type, rules: '{"threshold":80}', ...details }],
    ['PATCH /api/policies', { id: 'gp_1', active: 0 }],
    ['DELETE /api/policies', { id: 'gp_1' }],
  ])
})

test.each([
  { type: 'text/markdown', name: 'export.md', text: '# Export – ok\n' },
  { type: 'application/json', name: 'export.json', text: '{"controls":[]}' },
])('an export comes as $type with its bytes, text and name', async ({ type, name, text }) => {
  await using server = await startServer(() => ({
    headers: { 'content-type': type, 'content-disposition': `attachment; filename="${name}"` },
    body: text,
  }))
  const file = await makeClaw(server.url).downloadComplianceExport('ce_1')
  expect(file).toEqual({ data: expect.any(Uint8Array) as unknown, filename: name, mime_type: type, text })
  expect(Buffer.from(file.data).toString('utf8')).toBe(text)
  expect(server.requests.map(lineOf)).toEqual([['GET /api/compliance/exports/ce_1/download', {}]])
})

test('an export has what the document says where nothing else is said', async () => {
  await using server = await startServer(() => ({ status: 201, body: { id: 'ce_1' } }))
  const claw = makeClaw(server.url)
  await claw.createComplianceExport(['soc2', 'gdpr'], { include_trends: true })
  await claw.createComplianceSchedule(['soc2'], '0 6 * * 1', { format: 'json' })
  expect(server.requests.map(({ body }) => body)).toEqual([
    {
      frameworks: ['soc2', 'gdpr'],
      name: 'Compliance Export',
      format: 'markdown',
      window_days: 30,
      include_evidence: true,
      include_remediation: true,
      include_trends: true,
    },
    { frameworks: ['soc2'], cron_expression: '0 6 * * 1', name: 'Scheduled Export', format: 'json' },
  ])
})

test('profiles, dimensions and templates go out whole', async () => {
  await using server = await startServer()
  const claw = makeClaw(server.url)
  const scale = [{ label: 'fast', operator: 'lt', value: 30_000, score: 100 }] as const
  const dimension = { name: 'Speed', data_source: 'duration_ms', weight: 0.5, scale } as const
  const rules = [{ condition: "metadata.environment == 'production'", add: 20 }]
  await claw.createScoringProfile({ name: 'Good deploys', dimensions: [dimension] })
  await claw.addScoringDimension('sp_1', dimension)
  await claw.updateScoringDimension('sp_1', 'sd_1', { weight: 1 })
  await claw.updateScoringProfile('sp_1', { composite_method: 'minimum' })
  await claw.createRiskTemplate({ name: 'Deploys', base_risk: 40, rules })
  await claw.updateRiskTemplate('rt_1', { rules })
  await claw.autoCalibrate({ metrics: ['risk_score'], lookback_days: 7 })
  expect(server.requests.map(lineOf)).toEqual([
    ['POST /api/scoring/profiles', { name: 'Good deploys', dimensions: [dimension] }],
    ['POST /api/scoring/profiles/sp_1/dimensions', dimension],
    ['PATCH /api/scoring/profiles/sp_1/dimensions/sd_1', { weight: 1 }],
    ['PATCH /api/scoring/profiles/sp_1', { composite_method: 'minimum' }],
    ['POST /api/scoring/risk-templates', { name: 'Deploys', base_risk: 40, rules }],
    ['PATCH /api/scoring/risk-templates/rt_1', { rules }],
    ['POST /api/scoring/calibrate', { metrics: ['risk_score'], lookback_days: 7 }],
  ])
})

test('calls of Node v2 run unchanged', async () => {
  await using server = await startServer()
  const claw = makeClaw(server.url)
  await claw.getLearningVelocity(30)
  await claw.getLearningCurves(60)
  await claw.getLessons({ actionType: 'deploy', limit: 3 })
  await claw.renderPrompt({ template_id: 'pt_1', variables: { name: 'Ada' } })
  await claw.createScorer('Short', 'numeric_range', null, null)
  await claw.submitFeedback({ action_id: 'act_1', rating: 5, comment: 'Good', tags: ['fast'] })
  const agent_id = 'test-agent'
  expect(server.requests.map(lineOf)).toEqual([
    ['GET /api/learning/analytics/velocity', { agent_id, lookback_days: '30', limit: '30' }],
    ['GET /api/learning/analytics/curves', { agent_id, lookback_days: '60', limit: '50' }],
    ['GET /api/learning/lessons', { agent_id, action_type: 'deploy', limit: '3' }],
    [
      'POST /api/prompts/render',
      { agent_id, template_id: 'pt_1', variables: { name: 'Ada' }, record: false },
    ],
    [
      'POST /api/evaluations/scorers',
      { name: 'Short', scorer_type: 'numeric_range', config: null, description: null },
    ],
    [
      'POST /api/feedback',
      {
        agent_id,
        action_id: 'act_1',
        rating: 5,
        comment: 'Good',
        tags: ['fast'],
        category: 'general',
        metadata: {},
        source: 'sdk',
      },
    ],
  ])
})

test('calls that share an endpoint say which of them they are', async () => {
  await using server = await startServer()
  const claw = makeClaw(server.url)
  await claw.computeDriftBaselines()
  await claw.detectDrift({ agent_id: 'a', baseline_days: 14 })
  await claw.recordDriftSnapshots()
  await claw.listDriftAlerts({ acknowledged: false, severity: 'critical' })
  await claw.getProfileScoreStats('sp_1')
  await claw.scoreWithProfile('sp_1', { action_id: 'act_1', risk_score: 40 })
  await claw.batchScoreWithProfile('sp_1', [{ action_id: 'act_1' }])
  expect(server.requests.map(lineOf)).toEqual([
    ['POST /api/drift/alerts', { action: 'compute_baselines', lookback_days: 30 }],
    ['POST /api/drift/alerts', { action: 'detect', agent_id: 'a', window_days: 7, baseline_days: 14 }],
    ['POST /api/drift/alerts', { action: 'record_snapshots' }],
    ['GET /api/drift/alerts', { acknowledged: 'false', severity: 'critical', limit: '50' }],
    ['GET /api/scoring/score', { profile_id: 'sp_1', view: 'stats' }],
    ['POST /api/scoring/score', { profile_id: 'sp_1', action: { action_id: 'act_1', risk_score: 40 } }],
    ['POST /api/scoring/score', { profile_id: 'sp_1', actions: [{ action_id: 'act_1' }] }],
  ])
})

test('prompts, scores and feedback are sent as the official clients send them', async () => {
  await using server = await startServer()
  const claw = makeClaw(server.url)
  await claw.createPromptTemplate('Greeting')
  await claw.createPromptVersion('pt_1', 'Hello {{name}}!', { parameters: ['name'] })
  await claw.activatePromptVersion('pt_1', 'pv_1')
  await claw.createScore('act_1', 'Helpfulness', 0.9, { label: 'good' })
  await claw.createEvalRun('Last week', 'sc_1', { action_filters: { agent_id: 'a' } })
  await claw.listFeedback({ resolved: false })
  await claw.resolveFeedback('fb_1')
  await claw.resolveFeedback('fb_1', { resolved_by: 'Ada' })
  expect(server.requests.map(lineOf)).toEqual([
    ['POST /api/prompts/templates', { name: 'Greeting', description: '', category: 'general' }],
    [
      'POST /api/prompts/templates/pt_1/versions',
      { content: 'Hello {{name}}!', parameters: ['name'], model_hint: '', changelog: '' },
    ],
    ['POST /api/prompts/templates/pt_1/versions/pv_1', undefined],
    ['POST /api/evaluations', { action_id: 'act_1', scorer_name: 'Helpfulness', score: 0.9, label: 'good' }],
    [
      'POST /api/evaluations/runs',
      { name: 'Last week', scorer_id: 'sc_1', action_filters: { agent_id: 'a' } },
    ],
    ['GET /api/feedback', { resolved: 'false', limit: '50' }],
    ['PATCH /api/feedback/fb_1', { resolved_by: 'sdk' }],
    ['PATCH /api/feedback/fb_1', { resolved_by: 'Ada' }],
  ])
})
