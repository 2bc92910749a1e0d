import type {
  ComplianceEvidence,
  ComplianceMap,
  Framework,
  FrameworkList,
  GapAnalysis,
  Report,
  ReportOptions,
} from './compliance-results.ts'
import { convertComplianceMap } from './convert-compliance-map.ts'
import type { Method } from './method.ts'

/** Compliance: how far the policies go towards what a framework asks for. */
export const complianceMethods = {
  /** Lays the active policies over the controls of a framework. */
  mapCompliance: {
    verb: 'GET',
    path: '/api/compliance/map',
    params: ['framework'],
    convertAnswer: convertComplianceMap,
    servers: 'both',
  } as Method<(framework: Framework) => Promise<ComplianceMap>>,
  /** Finds what a framework still asks for, and plans it. */
  analyzeGaps: {
    verb: 'GET',
    path: '/api/compliance/gaps',
    params: ['framework'],
    servers: 'both',
  } as Method<(framework: Framework) => Promise<GapAnalysis>>,
  /** Writes a report for auditors. */
  getComplianceReport: {
    verb: 'GET',
    path: '/api/compliance/report',
    params: ['framework', '...options?'],
    defaults: { format: 'json' },
    servers: 'both',
  } as Method<(framework: Framework, options?: ReportOptions) => Promise<Report>>,
  /** Lists the frameworks that the server knows. */
  listFrameworks: {
    verb: 'GET',
    path: '/api/compliance/frameworks',
    params: [],
    servers: 'both',
  } as Method<() => Promise<FrameworkList>>,
  /** Gets what the guard and the recorded actions prove; `window` is 30 days where it is absent. */
  getComplianceEvidence: {
    verb: 'GET',
    path: '/api/compliance/evidence',
    params: ['...options?'],
    defaults: { window: '30d' },
    servers: 'both',
  } as Method<(options?: { readonly window?: `${number}d` }) => Promise<ComplianceEvidence>>,
}
