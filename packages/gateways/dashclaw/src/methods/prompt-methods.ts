import type { Deleted } from './answer-parts.ts'
import type { Method } from './method.ts'
import type {
  PromptRender,
  PromptRendered,
  PromptRunList,
  PromptRunQuery,
  PromptStats,
  PromptTemplateDetails,
  PromptTemplateList,
  PromptTemplateRow,
  PromptTemplateUpdate,
  PromptVersionActivated,
  PromptVersionDetails,
  PromptVersionList,
  PromptVersionRow,
} from './prompt-results.ts'

/** Prompts: templates, their versions, and what was rendered of them. */
export const promptMethods = {
  /** Lists prompt templates. */
  listPromptTemplates: {
    verb: 'GET',
    path: '/api/prompts/templates',
    params: ['...filters?'],
    servers: 'both',
  } as Method<(filters?: { readonly category?: string }) => Promise<PromptTemplateList>>,
  /** Creates a prompt template; its text comes with its first version. */
  createPromptTemplate: {
    verb: 'POST',
    path: '/api/prompts/templates',
    params: ['name', '...details?'],
    defaults: { description: '', category: 'general' },
    servers: 'both',
  } as Method<(name: string, details?: PromptTemplateDetails) => Promise<PromptTemplateRow>>,
  /** Gets one prompt template. */
  getPromptTemplate: {
    verb: 'GET',
    path: '/api/prompts/templates/{template_id}',
    params: ['template_id'],
    servers: 'both',
  } as Method<(templateId: string) => Promise<PromptTemplateRow>>,
  /** Changes a prompt template; servers of 2.0.x change one field at a time, or all three. */
  updatePromptTemplate: {
    verb: 'PATCH',
    path: '/api/prompts/templates/{template_id}',
    params: ['template_id', '...updates'],
    isRepeatable: true,
    servers: 'both',
  } as Method<(templateId: string, updates: PromptTemplateUpdate) => Promise<PromptTemplateRow>>,
  /** Deletes a prompt template with its versions. */
  deletePromptTemplate: {
    verb: 'DELETE',
    path: '/api/prompts/templates/{template_id}',
    params: ['template_id'],
    servers: 'both',
  } as Method<(templateId: string) => Promise<Deleted>>,
  /** Lists the versions of a prompt template. */
  listPromptVersions: {
    verb: 'GET',
    path: '/api/prompts/templates/{template_id}/versions',
    params: ['template_id'],
    servers: 'both',
  } as Method<(templateId: string) => Promise<PromptVersionList>>,
  /** Adds a version to a prompt template; it is not active yet. */
  createPromptVersion: {
    verb: 'POST',
    path: '/api/prompts/templates/{template_id}/versions',
    params: ['template_id', 'content', '...details?'],
    defaults: { model_hint: '', parameters: [], changelog: '' },
    servers: 'both',
  } as Method<
    (templateId: string, content: string, details?: PromptVersionDetails) => Promise<PromptVersionRow>
  >,
  /** Gets one version of a prompt template. */
  getPromptVersion: {
    verb: 'GET',
    path: '/api/prompts/templates/{template_id}/versions/{version_id}',
    params: ['template_id', 'version_id'],
    servers: 'both',
  } as Method<(templateId: string, versionId: string) => Promise<PromptVersionRow>>,
  /** Makes a version the active one of its template. */
  activatePromptVersion: {
    verb: 'POST',
    path: '/api/prompts/templates/{template_id}/versions/{version_id}',
    params: ['template_id', 'version_id'],
    isRepeatable: true,
    servers: 'both',
  } as Method<(templateId: string, versionId: string) => Promise<PromptVersionActivated>>,
  /** Fills in a prompt: the active version of a template, or one version. */
  renderPrompt: {
    verb: 'POST',
    path: '/api/prompts/render',
    params: ['...prompt'],
    own: { agent_id: 'agentId' },
    defaults: { variables: {}, record: false },
    servers: 'both',
  } as Method<(prompt: PromptRender) => Promise<PromptRendered>>,
  /** Lists prompts that were rendered and kept. */
  listPromptRuns: {
    verb: 'GET',
    path: '/api/prompts/runs',
    params: ['...filters?'],
    defaults: { limit: 50 },
    servers: 'both',
  } as Method<(filters?: PromptRunQuery) => Promise<PromptRunList>>,
  /** Gets the runs of all templates, or of one, in numbers. */
  getPromptStats: {
    verb: 'GET',
    path: '/api/prompts/stats',
    params: ['...filters?'],
    servers: 'both',
  } as Method<(filters?: { readonly template_id?: string }) => Promise<PromptStats>>,
}
