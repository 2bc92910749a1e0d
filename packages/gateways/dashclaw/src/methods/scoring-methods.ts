import type { Deleted } from './answer-parts.ts'
import type { Method } from './method.ts'
import type {
  Calibration,
  CalibrationQuery,
  ProfileScore,
  ProfileScoreBatch,
  ProfileScoreList,
  ProfileScoreQuery,
  ProfileScoreStats,
  RiskTemplateInput,
  RiskTemplateList,
  RiskTemplateRow,
  RiskTemplateUpdate,
  ScoredAction,
  ScoringDimensionInput,
  ScoringDimensionRow,
  ScoringDimensionUpdate,
  ScoringProfileInput,
  ScoringProfileList,
  ScoringProfileQuery,
  ScoringProfileRow,
  ScoringProfileUpdate,
} from './scoring-results.ts'

/** Scoring: profiles that say what a good action is, and templates that say what a risky one is. */
export const scoringMethods = {
  /** Creates a scoring profile. */
  createScoringProfile: {
    verb: 'POST',
    path: '/api/scoring/profiles',
    params: ['...profile'],
    servers: 'both',
  } as Method<(profile: ScoringProfileInput) => Promise<ScoringProfileRow>>,
  /** Lists scoring profiles with their dimensions. */
  listScoringProfiles: {
    verb: 'GET',
    path: '/api/scoring/profiles',
    params: ['...filters?'],
    servers: 'both',
  } as Method<(filters?: ScoringProfileQuery) => Promise<ScoringProfileList>>,
  /** Gets one scoring profile with its dimensions. */
  getScoringProfile: {
    verb: 'GET',
    path: '/api/scoring/profiles/{profile_id}',
    params: ['profile_id'],
    servers: 'both',
  } as Method<(profileId: string) => Promise<ScoringProfileRow>>,
  /** Changes a scoring profile; its dimensions have calls of their own. */
  updateScoringProfile: {
    verb: 'PATCH',
    path: '/api/scoring/profiles/{profile_id}',
    params: ['profile_id', '...updates'],
    isRepeatable: true,
    servers: 'both',
  } as Method<(profileId: string, updates: ScoringProfileUpdate) => Promise<ScoringProfileRow>>,
  /** Deletes a scoring profile with its dimensions. */
  deleteScoringProfile: {
    verb: 'DELETE',
    path: '/api/scoring/profiles/{profile_id}',
    params: ['profile_id'],
    servers: 'both',
  } as Method<(profileId: string) => Promise<Deleted>>,
  /** Adds a dimension to a scoring profile. */
  addScoringDimension: {
    verb: 'POST',
    path: '/api/scoring/profiles/{profile_id}/dimensions',
    params: ['profile_id', '...dimension'],
    servers: 'both',
  } as Method<(profileId: string, dimension: ScoringDimensionInput) => Promise<ScoringDimensionRow>>,
  /** Changes a dimension of a scoring profile. */
  updateScoringDimension: {
    verb: 'PATCH',
    path: '/api/scoring/profiles/{profile_id}/dimensions/{dimension_id}',
    params: ['profile_id', 'dimension_id', '...updates'],
    isRepeatable: true,
    servers: 'both',
  } as Method<
    (profileId: string, dimensionId: string, updates: ScoringDimensionUpdate) => Promise<ScoringDimensionRow>
  >,
  /** Deletes a dimension of a scoring profile. */
  deleteScoringDimension: {
    verb: 'DELETE',
    path: '/api/scoring/profiles/{profile_id}/dimensions/{dimension_id}',
    params: ['profile_id', 'dimension_id'],
    servers: 'both',
  } as Method<(profileId: string, dimensionId: string) => Promise<Deleted>>,
  /** Scores an action by a profile, and keeps the score. */
  scoreWithProfile: {
    verb: 'POST',
    path: '/api/scoring/score',
    params: ['profile_id', 'action'],
    servers: 'both',
  } as Method<(profileId: string, action: ScoredAction) => Promise<ProfileScore>>,
  /** Scores several actions by a profile, and keeps the scores. */
  batchScoreWithProfile: {
    verb: 'POST',
    path: '/api/scoring/score',
    params: ['profile_id', 'actions'],
    servers: 'both',
  } as Method<(profileId: string, actions: readonly ScoredAction[]) => Promise<ProfileScoreBatch>>,
  /** Lists scores that were kept. */
  getProfileScores: {
    verb: 'GET',
    path: '/api/scoring/score',
    params: ['...filters?'],
    servers: 'both',
  } as Method<(filters?: ProfileScoreQuery) => Promise<ProfileScoreList>>,
  /** Gets the scores of a profile in numbers. */
  getProfileScoreStats: {
    verb: 'GET',
    path: '/api/scoring/score',
    params: ['profile_id'],
    fixed: { view: 'stats' },
    servers: 'both',
  } as Method<(profileId: string) => Promise<ProfileScoreStats>>,
  /** Creates a template of how risk is computed. */
  createRiskTemplate: {
    verb: 'POST',
    path: '/api/scoring/risk-templates',
    params: ['...template'],
    servers: 'both',
  } as Method<(template: RiskTemplateInput) => Promise<RiskTemplateRow>>,
  /** Lists templates of how risk is computed. */
  listRiskTemplates: {
    verb: 'GET',
    path: '/api/scoring/risk-templates',
    params: ['...filters?'],
    servers: 'both',
  } as Method<(filters?: { readonly action_type?: string }) => Promise<RiskTemplateList>>,
  /** Changes a template of how risk is computed. */
  updateRiskTemplate: {
    verb: 'PATCH',
    path: '/api/scoring/risk-templates/{template_id}',
    params: ['template_id', '...updates'],
    isRepeatable: true,
    servers: 'both',
  } as Method<(templateId: string, updates: RiskTemplateUpdate) => Promise<RiskTemplateRow>>,
  /** Deletes a template of how risk is computed. */
  deleteRiskTemplate: {
    verb: 'DELETE',
    path: '/api/scoring/risk-templates/{template_id}',
    params: ['template_id'],
    servers: 'both',
  } as Method<(templateId: string) => Promise<Deleted>>,
  /** Suggests scales that fit what earlier actions were like; nothing is changed. */
  autoCalibrate: {
    verb: 'POST',
    path: '/api/scoring/calibrate',
    params: ['...query?'],
    isRepeatable: true,
    servers: 'both',
  } as Method<(query?: CalibrationQuery) => Promise<Calibration>>,
}
