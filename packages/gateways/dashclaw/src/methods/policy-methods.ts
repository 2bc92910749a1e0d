import type { Report, ReportOptions } from './compliance-results.ts'
import { convertPolicy } from './convert-policy.ts'
import { convertPolicyReport } from './convert-policy-report.ts'
import type { Method } from './method.ts'
import type {
  PoliciesImported,
  PolicyCreated,
  PolicyDeleted,
  PolicyDetails,
  PolicyFound,
  PolicyImport,
  PolicyList,
  PolicyRules,
  PolicyTestReport,
  PolicyType,
  PolicyUpdate,
} from './policy-results.ts'

/** Policies: what the guard decides by, and whether it does. */
export const policyMethods = {
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
  /** Lists policies. */
  listPolicies: {
    verb: 'GET',
    path: '/api/policies',
    params: ['...filters?'],
    servers: 'both',
  } as Method<(filters?: { readonly agent_id?: string }) => Promise<PolicyList>>,
  /** Creates a policy; its name must be new. */
  createPolicy: {
    verb: 'POST',
    path: '/api/policies',
    params: ['name', 'policy_type', 'rules', '...details?'],
    convertInput: convertPolicy,
    role: 'admin',
    servers: 'both',
  } as Method<
    (
      name: string,
      policyType: PolicyType,
      rules: PolicyRules,
      details?: PolicyDetails,
    ) => Promise<PolicyCreated>
  >,
  /** Changes a policy, or switches it on or off. */
  updatePolicy: {
    verb: 'PATCH',
    path: '/api/policies',
    params: ['id', '...updates'],
    convertInput: convertPolicy,
    role: 'admin',
    isRepeatable: true,
    servers: 'both',
  } as Method<(policyId: string, updates: PolicyUpdate) => Promise<PolicyFound>>,
  /** Deletes a policy. */
  deletePolicy: {
    verb: 'DELETE',
    path: '/api/policies',
    params: ['id'],
    role: 'admin',
    servers: 'both',
  } as Method<(policyId: string) => Promise<PolicyDeleted>>,
}
