import type { Deleted } from './answer-parts.ts'
import type {
  ComplianceExportFile,
  ComplianceExportFound,
  ComplianceExportList,
  ComplianceExportOptions,
  ComplianceExportRow,
  ComplianceScheduleList,
  ComplianceScheduleOptions,
  ComplianceScheduleRow,
  ComplianceScheduleUpdate,
  ComplianceTrendList,
  ComplianceTrendQuery,
} from './compliance-export-results.ts'
import type { Framework } from './compliance-results.ts'
import { convertExportFile } from './convert-export-file.ts'
import type { Method } from './method.ts'

/** Exports for auditors: once, on a schedule, and how coverage went from one to the next. */
export const complianceExportMethods = {
  /** Makes an export over frameworks. */
  createComplianceExport: {
    verb: 'POST',
    path: '/api/compliance/exports',
    params: ['frameworks', '...options?'],
    defaults: {
      name: 'Compliance Export',
      format: 'markdown',
      window_days: 30,
      include_evidence: true,
      include_remediation: true,
      include_trends: false,
    },
    servers: 'both',
  } as Method<
    (frameworks: readonly Framework[], options?: ComplianceExportOptions) => Promise<ComplianceExportRow>
  >,
  /** Lists exports; `limit` is 20 where it is absent, 100 at most. */
  listComplianceExports: {
    verb: 'GET',
    path: '/api/compliance/exports',
    params: ['...filters?'],
    defaults: { limit: 20 },
    servers: 'both',
  } as Method<(filters?: { readonly limit?: number }) => Promise<ComplianceExportList>>,
  /** Gets one export with what stands in it. */
  getComplianceExport: {
    verb: 'GET',
    path: '/api/compliance/exports/{export_id}',
    params: ['export_id'],
    servers: 'both',
  } as Method<(exportId: string) => Promise<ComplianceExportFound>>,
  /** Gets the file of an export: its bytes, its text, its name. */
  downloadComplianceExport: {
    verb: 'GET',
    path: '/api/compliance/exports/{export_id}/download',
    params: ['export_id'],
    isRaw: true,
    convertAnswer: convertExportFile,
    servers: 'both',
  } as Method<(exportId: string) => Promise<ComplianceExportFile>>,
  /** Deletes an export. */
  deleteComplianceExport: {
    verb: 'DELETE',
    path: '/api/compliance/exports/{export_id}',
    params: ['export_id'],
    servers: 'both',
  } as Method<(exportId: string) => Promise<Deleted>>,
  /** Makes exports at times to come, by a cron expression. */
  createComplianceSchedule: {
    verb: 'POST',
    path: '/api/compliance/schedules',
    params: ['frameworks', 'cron_expression', '...options?'],
    defaults: { name: 'Scheduled Export' },
    servers: 'both',
  } as Method<
    (
      frameworks: readonly Framework[],
      cronExpression: string,
      options?: ComplianceScheduleOptions,
    ) => Promise<ComplianceScheduleRow>
  >,
  /** Lists schedules of exports. */
  listComplianceSchedules: {
    verb: 'GET',
    path: '/api/compliance/schedules',
    params: [],
    servers: 'both',
  } as Method<() => Promise<ComplianceScheduleList>>,
  /** Renames a schedule of exports, or switches it on or off. */
  updateComplianceSchedule: {
    verb: 'PATCH',
    path: '/api/compliance/schedules/{schedule_id}',
    params: ['schedule_id', '...updates'],
    isRepeatable: true,
    servers: 'both',
  } as Method<(scheduleId: string, updates: ComplianceScheduleUpdate) => Promise<ComplianceScheduleRow>>,
  /** Deletes a schedule of exports. */
  deleteComplianceSchedule: {
    verb: 'DELETE',
    path: '/api/compliance/schedules/{schedule_id}',
    params: ['schedule_id'],
    servers: 'both',
  } as Method<(scheduleId: string) => Promise<Deleted>>,
  /** Tells how coverage was at every export. */
  getComplianceTrends: {
    verb: 'GET',
    path: '/api/compliance/trends',
    params: ['...filters?'],
    defaults: { limit: 30 },
    servers: 'both',
  } as Method<(filters?: ComplianceTrendQuery) => Promise<ComplianceTrendList>>,
}
