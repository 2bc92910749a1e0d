/** What may be told of a template, and changed later. */
export interface WorkflowTemplatePatch {
  readonly name?: string
  /** Unique in the organization; made of the name where it is absent. */
  readonly slug?: string
  readonly description?: string
  readonly objective?: string
  readonly steps?: readonly Readonly<Record<string, unknown>>[]
  /** `mst_…`, or null for none. */
  readonly model_strategy_id?: string | null
  readonly linked_prompt_template_ids?: readonly string[]
  readonly linked_policy_ids?: readonly string[]
  readonly linked_knowledge_collection_ids?: readonly string[]
  readonly linked_capability_ids?: readonly string[]
  readonly linked_capability_tags?: readonly string[]
  /** Such as `draft` or `active`. */
  readonly status?: string
  readonly created_by?: string
}

/** A template to make. */
export interface WorkflowTemplateInput extends WorkflowTemplatePatch {
  readonly name: string
}

/** A template as the server keeps it. */
interface WorkflowTemplate {
  readonly template_id: string
  readonly org_id?: string
  readonly name: string
  readonly slug: string
  readonly description: string | null
  readonly objective: string | null
  readonly steps: readonly Readonly<Record<string, unknown>>[]
  readonly model_strategy_id: string | null
  /** The strategy's settings as they were when the template was started last. */
  readonly model_strategy_snapshot: Readonly<Record<string, unknown>> | null
  readonly linked_prompt_template_ids: readonly string[]
  readonly linked_policy_ids: readonly string[]
  readonly linked_knowledge_collection_ids: readonly string[]
  readonly linked_capability_ids: readonly string[]
  readonly linked_capability_tags: readonly string[]
  /** Counts the changes of its steps, from 1. */
  readonly version: number
  readonly status: string
  readonly created_by?: string | null
  /** ISO 8601. */
  readonly created_at: string
  /** ISO 8601. */
  readonly updated_at: string
}

/** One template. */
export interface WorkflowTemplateFound {
  readonly template: WorkflowTemplate
}

/** What a listing of templates can be narrowed by. */
export interface WorkflowTemplateQuery {
  readonly status?: string
  /** 50 where it is absent, 200 at most. */
  readonly limit?: number
  readonly offset?: number
}

/** Templates. */
export interface WorkflowTemplateList {
  readonly templates: readonly WorkflowTemplate[]
}

/** How a template is started. */
export interface WorkflowLaunchOptions {
  /** The agent that the action is recorded for; `workflow_launcher` where it is absent. */
  readonly agent_id?: string
  readonly declared_goal?: string
  readonly [field: string]: unknown
}

/** A template that was started. */
export interface WorkflowLaunched {
  readonly launch: {
    /** The action that was recorded for it. */
    readonly action_id: string
    readonly template_id: string
    readonly template_version: number
    /** ISO 8601. */
    readonly launched_at: string
    readonly resolved_strategy: Readonly<Record<string, unknown>> | null
  }
}
