import type { Deleted } from './answer-parts.ts'
import type {
  DriftAlertList,
  DriftAlertQuery,
  DriftAlertRow,
  DriftBaselineQuery,
  DriftBaselines,
  DriftFound,
  DriftMetricList,
  DriftSnapshotList,
  DriftSnapshotQuery,
  DriftSnapshotsRecorded,
  DriftStats,
  DriftWindow,
} from './drift-results.ts'
import type { Method } from './method.ts'

/** Drift: whether agents still act the way they did. */
export const driftMethods = {
  /** Computes what is usual for agents, from five actions on. */
  computeDriftBaselines: {
    verb: 'POST',
    path: '/api/drift/alerts',
    params: ['...query?'],
    fixed: { action: 'compute_baselines' },
    defaults: { lookback_days: 30 },
    servers: 'both',
  } as Method<(query?: DriftBaselineQuery) => Promise<DriftBaselines>>,
  /** Compares the last days with what is usual, and raises alerts. */
  detectDrift: {
    verb: 'POST',
    path: '/api/drift/alerts',
    params: ['...window?'],
    fixed: { action: 'detect' },
    defaults: { window_days: 7 },
    servers: 'both',
  } as Method<(window?: DriftWindow) => Promise<DriftFound>>,
  /** Records how the last day was, for charts. */
  recordDriftSnapshots: {
    verb: 'POST',
    path: '/api/drift/alerts',
    params: [],
    fixed: { action: 'record_snapshots' },
    servers: 'both',
  } as Method<() => Promise<DriftSnapshotsRecorded>>,
  /** Lists alerts. */
  listDriftAlerts: {
    verb: 'GET',
    path: '/api/drift/alerts',
    params: ['...filters?'],
    defaults: { limit: 50 },
    servers: 'both',
  } as Method<(filters?: DriftAlertQuery) => Promise<DriftAlertList>>,
  /** Marks an alert as seen. */
  acknowledgeDriftAlert: {
    verb: 'PATCH',
    path: '/api/drift/alerts/{alert_id}',
    params: ['alert_id'],
    isRepeatable: true,
    servers: 'both',
  } as Method<(alertId: string) => Promise<DriftAlertRow>>,
  /** Deletes an alert. */
  deleteDriftAlert: {
    verb: 'DELETE',
    path: '/api/drift/alerts/{alert_id}',
    params: ['alert_id'],
    servers: 'both',
  } as Method<(alertId: string) => Promise<Deleted>>,
  /** Gets alerts in numbers. */
  getDriftStats: {
    verb: 'GET',
    path: '/api/drift/stats',
    params: ['...filters?'],
    servers: 'both',
  } as Method<(filters?: { readonly agent_id?: string }) => Promise<DriftStats>>,
  /** Lists snapshots of how a number went. */
  getDriftSnapshots: {
    verb: 'GET',
    path: '/api/drift/snapshots',
    params: ['...filters?'],
    defaults: { limit: 30 },
    servers: 'both',
  } as Method<(filters?: DriftSnapshotQuery) => Promise<DriftSnapshotList>>,
  /** Lists the numbers that can drift. */
  getDriftMetrics: {
    verb: 'GET',
    path: '/api/drift/metrics',
    params: [],
    servers: 'both',
  } as Method<() => Promise<DriftMetricList>>,
}
