import type { Report, ReportOptions } from './compliance-results.ts'
import { convertPolicyReport } from './convert-policy-report.ts'
import type { Method } from './method.ts'
import type { PoliciesImported, PolicyImport, PolicyTestReport } from './policy-test-results.ts'

/** Tests of policies, reports of them, and packs of policies to begin with. */
export const policyTestMethods = {
  /** Tests every active policy. */
  testPolicies: {
    verb: 'POST',
    path: '/api/policies/test',
    params: [],
    own: { agent_id: 'agentId' },
    isRepeatable: true,
    convertAnswer: convertPolicyReport,
    servers: 'both',
  } as Method<() => Promise<PolicyTestReport>>,
  /** Writes a report that proves what the policies do. */
  getProofReport: {
    verb: 'GET',
    path: '/api/policies/proof',
    params: ['...options?'],
    defaults: { format: 'json' },
    servers: 'both',
  } as Method<(options?: ReportOptions) => Promise<Report>>,
  /** Imports a pack of policies, or YAML. */
  importPolicies: {
    verb: 'POST',
    path: '/api/policies/import',
    params: ['...policies'],
    role: 'admin',
    servers: 'both',
  } as Method<(policies: PolicyImport) => Promise<PoliciesImported>>,
}
