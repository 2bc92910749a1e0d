import type { Method } from './method.ts'
import type {
  ApproachDetails,
  ApproachList,
  ApproachTracked,
  MoodDetails,
  MoodLogged,
  ObservationDetails,
  ObservationLogged,
  PreferenceDetails,
  PreferenceSet,
  PreferenceSummary,
} from './preference-results.ts'

const path = '/api/preferences'
const own = { agent_id: 'agentId' } as const

/** Preferences: what an agent learned of the person it works for. */
export const preferenceMethods = {
  /** Notes something about the person. */
  logObservation: {
    verb: 'POST',
    path,
    params: ['observation', '...details?'],
    own,
    fixed: { type: 'observation' },
    servers: '2.0',
  } as Method<(observation: string, details?: ObservationDetails) => Promise<ObservationLogged>>,
  /** Notes what the person prefers. */
  setPreference: {
    verb: 'POST',
    path,
    params: ['preference', '...details?'],
    own,
    fixed: { type: 'preference' },
    servers: '2.0',
  } as Method<(preference: string, details?: PreferenceDetails) => Promise<PreferenceSet>>,
  /** Notes the person's mood. */
  logMood: {
    verb: 'POST',
    path,
    params: ['mood', '...details?'],
    own,
    fixed: { type: 'mood' },
    names: { context: 'notes' },
    servers: '2.0',
  } as Method<(mood: string, details?: MoodDetails) => Promise<MoodLogged>>,
  /** Notes a way of working, and whether it worked. */
  trackApproach: {
    verb: 'POST',
    path,
    params: ['approach', '...details?'],
    own,
    fixed: { type: 'approach' },
    names: { succeeded: 'success' },
    servers: '2.0',
  } as Method<(approach: string, details?: ApproachDetails) => Promise<ApproachTracked>>,
  /** Sums up what is known of the person. */
  getPreferenceSummary: {
    verb: 'GET',
    path,
    params: [],
    own,
    fixed: { type: 'summary' },
    servers: '2.0',
  } as Method<() => Promise<PreferenceSummary>>,
  /** Lists ways of working with how often they worked. */
  getApproaches: {
    verb: 'GET',
    path,
    params: ['...filters?'],
    own,
    fixed: { type: 'approaches' },
    servers: '2.0',
  } as Method<(filters?: { readonly limit?: number; readonly agent_id?: string }) => Promise<ApproachList>>,
}
