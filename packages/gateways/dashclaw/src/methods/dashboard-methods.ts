import { convertContent, convertGoal } from './convert-dropped-fields.ts'
import { convertMemoryHealth } from './convert-memory-health.ts'
import type {
  CalendarEventCreated,
  CalendarEventDetails,
  ContentDetails,
  ContentRecorded,
  DecisionDetails,
  DecisionRecorded,
  GoalCreated,
  GoalDetails,
  IdeaDetails,
  IdeaRecorded,
  InteractionDetails,
  InteractionRecorded,
  MemoryHealth,
  MemoryHealthReported,
} from './dashboard-results.ts'
import type { Method } from './method.ts'

/** What dashboards show of an agent beside its actions: decisions, goals, contents, contacts, dates, ideas, memory. */
export const dashboardMethods = {
  /** Records a decision to learn from. */
  recordDecision: {
    verb: 'POST',
    path: '/api/learning',
    params: ['decision', '...details?'],
    own: { agent_id: 'agentId' },
    servers: 'both',
  } as Method<(decision: string, details?: DecisionDetails) => Promise<DecisionRecorded>>,
  /** Sets a goal. */
  createGoal: {
    verb: 'POST',
    path: '/api/goals',
    params: ['title', '...details?'],
    own: { agent_id: 'agentId' },
    names: { deadline: 'target_date' },
    convertInput: convertGoal,
    servers: '2.0',
  } as Method<(title: string, details?: GoalDetails) => Promise<GoalCreated>>,
  /** Records something that was written. */
  recordContent: {
    verb: 'POST',
    path: '/api/content',
    params: ['title', '...details?'],
    own: { agent_id: 'agentId' },
    convertInput: convertContent,
    servers: '2.0',
  } as Method<(title: string, details?: ContentDetails) => Promise<ContentRecorded>>,
  /** Records that somebody was in touch. */
  recordInteraction: {
    verb: 'POST',
    path: '/api/relationships',
    params: ['summary', '...details?'],
    own: { agent_id: 'agentId' },
    servers: '2.0',
  } as Method<(summary: string, details?: InteractionDetails) => Promise<InteractionRecorded>>,
  /** Enters a date; `startTime` in ISO 8601. */
  createCalendarEvent: {
    verb: 'POST',
    path: '/api/calendar',
    params: ['summary', 'start_time', '...details?'],
    servers: '2.0',
  } as Method<
    (summary: string, startTime: string, details?: CalendarEventDetails) => Promise<CalendarEventCreated>
  >,
  /** Records an idea. */
  recordIdea: {
    verb: 'POST',
    path: '/api/inspiration',
    params: ['title', '...details?'],
    names: { body: 'description' },
    servers: '2.0',
  } as Method<(title: string, details?: IdeaDetails) => Promise<IdeaRecorded>>,
  /** Reports how the agent's memory is: a word and counts, or what the server keeps of each. */
  reportMemoryHealth: {
    verb: 'POST',
    path: '/api/memory',
    params: ['health', 'entities?', 'topics?'],
    convertInput: convertMemoryHealth,
    servers: '2.0',
  } as Method<
    (
      health: MemoryHealth | string,
      entities?: number | readonly Readonly<Record<string, unknown>>[],
      topics?: number | readonly Readonly<Record<string, unknown>>[],
    ) => Promise<MemoryHealthReported>
  >,
}
