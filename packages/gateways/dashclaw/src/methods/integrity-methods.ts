import { convertAssumption, convertAssumptions, convertLoop, convertLoops } from './convert-row-ids.ts'
import type {
  AssumptionDetails,
  AssumptionFound,
  AssumptionInput,
  AssumptionQuery,
  AssumptionRegistered,
  DriftReport,
  LoopDetails,
  LoopList,
  LoopQuery,
  LoopRegistered,
  LoopResolved,
  LoopType,
} from './integrity-results.ts'
import type { Method } from './method.ts'

/** Loops and assumptions: what an action leaves open, and what it takes for true. */
export const integrityMethods = {
  /** Registers something that an action leaves open. */
  registerOpenLoop: {
    verb: 'POST',
    path: '/api/actions/loops',
    params: ['action_id', 'loop_type', 'description', '...details?'],
    cut: { description: 2000 },
    convertAnswer: convertLoop,
    servers: 'both',
  } as Method<
    (
      actionId: string,
      loopType: LoopType,
      description: string,
      details?: LoopDetails | null,
    ) => Promise<LoopRegistered>
  >,
  /** Closes a loop; `resolved` needs a resolution. */
  resolveOpenLoop: {
    verb: 'PATCH',
    path: '/api/actions/loops/{loop_id}',
    params: ['loop_id', 'status', 'resolution?'],
    cut: { resolution: 2000 },
    convertAnswer: convertLoop,
    servers: 'both',
  } as Method<
    (loopId: string, status: 'resolved' | 'cancelled', resolution?: string | null) => Promise<LoopResolved>
  >,
  /** Lists loops. */
  getOpenLoops: {
    verb: 'GET',
    path: '/api/actions/loops',
    params: ['...filters?'],
    convertAnswer: convertLoops,
    servers: 'both',
  } as Method<(filters?: LoopQuery) => Promise<LoopList>>,
  /** Registers what an action takes for true. */
  registerAssumption: {
    verb: 'POST',
    path: '/api/assumptions',
    otherPath: '/api/actions/assumptions',
    params: ['action_id', 'assumption', '...details?'],
    cut: { assumption: 2000, basis: 2000 },
    convertAnswer: convertAssumption,
    servers: '2.10',
  } as Method<
    (actionId: string, assumption: string, details?: AssumptionDetails) => Promise<AssumptionRegistered>
  >,
  /** Registers what an action takes for true, as one object. */
  recordAssumption: {
    verb: 'POST',
    path: '/api/assumptions',
    otherPath: '/api/actions/assumptions',
    params: ['...assumption'],
    cut: { assumption: 2000, basis: 2000 },
    convertAnswer: convertAssumption,
    servers: '2.10',
  } as Method<(assumption: AssumptionInput) => Promise<AssumptionRegistered>>,
  /** Gets one assumption. */
  getAssumption: {
    verb: 'GET',
    path: '/api/actions/assumptions/{assumption_id}',
    params: ['assumption_id'],
    convertAnswer: convertAssumption,
    servers: 'both',
  } as Method<(assumptionId: string) => Promise<AssumptionFound>>,
  /** Says whether an assumption held; false needs a reason. */
  validateAssumption: {
    verb: 'PATCH',
    path: '/api/actions/assumptions/{assumption_id}',
    params: ['assumption_id', 'validated', 'invalidated_reason?'],
    convertAnswer: convertAssumption,
    servers: 'both',
  } as Method<
    (assumptionId: string, validated: boolean, invalidatedReason?: string) => Promise<AssumptionFound>
  >,
  /** Lists assumptions by how far they have drifted. */
  getDriftReport: {
    verb: 'GET',
    path: '/api/actions/assumptions',
    params: ['...filters?'],
    fixed: { drift: 'true' },
    convertAnswer: convertAssumptions,
    servers: 'both',
  } as Method<(filters?: AssumptionQuery) => Promise<DriftReport>>,
}
