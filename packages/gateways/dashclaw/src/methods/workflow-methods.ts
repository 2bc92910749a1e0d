import type { Method } from './method.ts'
import type {
  WorkflowLaunched,
  WorkflowLaunchOptions,
  WorkflowTemplateFound,
  WorkflowTemplateInput,
  WorkflowTemplateList,
  WorkflowTemplatePatch,
  WorkflowTemplateQuery,
} from './workflow-results.ts'

/** Workflow templates: steps with the policies, models and knowledge that belong to them. */
export const workflowMethods = {
  /** Lists templates. */
  listWorkflowTemplates: {
    verb: 'GET',
    path: '/api/workflows/templates',
    params: ['...filters?'],
    defaults: { limit: 50, offset: 0 },
    servers: '2.10',
  } as Method<(filters?: WorkflowTemplateQuery) => Promise<WorkflowTemplateList>>,
  /** Makes a template. */
  createWorkflowTemplate: {
    verb: 'POST',
    path: '/api/workflows/templates',
    params: ['...template'],
    role: 'admin',
    servers: '2.10',
  } as Method<(template: WorkflowTemplateInput) => Promise<WorkflowTemplateFound>>,
  /** Gets one template. */
  getWorkflowTemplate: {
    verb: 'GET',
    path: '/api/workflows/templates/{template_id}',
    params: ['template_id'],
    servers: '2.10',
  } as Method<(templateId: string) => Promise<WorkflowTemplateFound>>,
  /** Changes a template; its version grows where its steps change. */
  updateWorkflowTemplate: {
    verb: 'PATCH',
    path: '/api/workflows/templates/{template_id}',
    params: ['template_id', '...patch'],
    isRepeatable: true,
    servers: '2.10',
  } as Method<(templateId: string, patch: WorkflowTemplatePatch) => Promise<WorkflowTemplateFound>>,
  /** Makes a copy of a template. */
  duplicateWorkflowTemplate: {
    verb: 'POST',
    path: '/api/workflows/templates/{template_id}/duplicate',
    params: ['template_id', '...overrides?'],
    servers: '2.10',
  } as Method<(templateId: string, overrides?: WorkflowTemplatePatch) => Promise<WorkflowTemplateFound>>,
  /** Starts a template: records an action that tells which, with the models as they were resolved. */
  launchWorkflowTemplate: {
    verb: 'POST',
    path: '/api/workflows/templates/{template_id}/launch',
    params: ['template_id', '...options?'],
    servers: '2.10',
  } as Method<(templateId: string, options?: WorkflowLaunchOptions) => Promise<WorkflowLaunched>>,
}
