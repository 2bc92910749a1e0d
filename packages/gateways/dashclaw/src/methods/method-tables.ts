import { actionMethods } from './action-methods.ts'
import { approvalMethods } from './approval-methods.ts'
import { capabilityMethods } from './capability-methods.ts'
import { complianceExportMethods } from './compliance-export-methods.ts'
import { complianceMethods } from './compliance-methods.ts'
import { contextMethods } from './context-methods.ts'
import { dashboardMethods } from './dashboard-methods.ts'
import { digestMethods } from './digest-methods.ts'
import { driftMethods } from './drift-methods.ts'
import { evaluationMethods } from './evaluation-methods.ts'
import { feedbackMethods } from './feedback-methods.ts'
import { guardMethods } from './guard-methods.ts'
import { handoffMethods } from './handoff-methods.ts'
import { integrityMethods } from './integrity-methods.ts'
import { knowledgeMethods } from './knowledge-methods.ts'
import { learningMethods } from './learning-methods.ts'
import { messageMethods } from './message-methods.ts'
import type { Calls, MethodTable } from './method.ts'
import { organizationMethods } from './organization-methods.ts'
import { pairingMethods } from './pairing-methods.ts'
import { policyMethods } from './policy-methods.ts'
import { preferenceMethods } from './preference-methods.ts'
import { presenceMethods } from './presence-methods.ts'
import { promptMethods } from './prompt-methods.ts'
import { recommendationMethods } from './recommendation-methods.ts'
import { routingMethods } from './routing-methods.ts'
import { scheduleMethods } from './schedule-methods.ts'
import { scoringMethods } from './scoring-methods.ts'
import { securityMethods } from './security-methods.ts'
import { serverMethods } from './server-methods.ts'
import { sessionMethods } from './session-methods.ts'
import { snippetMethods } from './snippet-methods.ts'
import { strategyMethods } from './strategy-methods.ts'
import { syncMethods } from './sync-methods.ts'
import { tokenMethods } from './token-methods.ts'
import { webhookMethods } from './webhook-methods.ts'
import { workflowMethods } from './workflow-methods.ts'

/** Every table of methods by its category. */
export const methodTables: Readonly<Record<string, MethodTable>> = {
  'Action Recording': actionMethods,
  Guard: guardMethods,
  HITL: approvalMethods,
  'Agent Presence': presenceMethods,
  'Loops & Assumptions': integrityMethods,
  'Pairing & Identity': pairingMethods,
  Messaging: messageMethods,
  'Task Routing': routingMethods,
  Context: contextMethods,
  'Dashboard Data': dashboardMethods,
  Preferences: preferenceMethods,
  Organization: organizationMethods,
  'Workflow Templates': workflowMethods,
  Knowledge: knowledgeMethods,
  Snippets: snippetMethods,
  Webhooks: webhookMethods,
  Sessions: sessionMethods,
  'Model Strategies': strategyMethods,
  Capabilities: capabilityMethods,
  'Session Handoffs': handoffMethods,
  Security: securityMethods,
  Tokens: tokenMethods,
  'Agent Schedules': scheduleMethods,
  Digest: digestMethods,
  Sync: syncMethods,
  Server: serverMethods,
  'Scoring & Risk': scoringMethods,
  'Compliance Export': complianceExportMethods,
  Evaluations: evaluationMethods,
  Drift: driftMethods,
  Prompts: promptMethods,
  'Learning Analytics': learningMethods,
  Recommendations: recommendationMethods,
  Compliance: complianceMethods,
  'Policy Testing': policyMethods,
  Feedback: feedbackMethods,
}

/** Every call of every table. */
export interface TableCalls
  extends
    Calls<typeof actionMethods>,
    Calls<typeof guardMethods>,
    Calls<typeof approvalMethods>,
    Calls<typeof presenceMethods>,
    Calls<typeof pairingMethods>,
    Calls<typeof messageMethods>,
    Calls<typeof scoringMethods>,
    Calls<typeof complianceExportMethods>,
    Calls<typeof evaluationMethods>,
    Calls<typeof driftMethods>,
    Calls<typeof promptMethods>,
    Calls<typeof learningMethods>,
    Calls<typeof recommendationMethods>,
    Calls<typeof complianceMethods>,
    Calls<typeof policyMethods>,
    Calls<typeof feedbackMethods>,
    Calls<typeof routingMethods>,
    Calls<typeof contextMethods>,
    Calls<typeof dashboardMethods>,
    Calls<typeof preferenceMethods>,
    Calls<typeof organizationMethods>,
    Calls<typeof workflowMethods>,
    Calls<typeof knowledgeMethods>,
    Calls<typeof snippetMethods>,
    Calls<typeof webhookMethods>,
    Calls<typeof sessionMethods>,
    Calls<typeof strategyMethods>,
    Calls<typeof capabilityMethods>,
    Calls<typeof handoffMethods>,
    Calls<typeof securityMethods>,
    Calls<typeof tokenMethods>,
    Calls<typeof scheduleMethods>,
    Calls<typeof digestMethods>,
    Calls<typeof syncMethods>,
    Calls<typeof serverMethods>,
    Calls<typeof integrityMethods> {}
