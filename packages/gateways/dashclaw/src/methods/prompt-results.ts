import type { Count } from './answer-parts.ts'

/** What may be told of a template beside its name. */
export interface PromptTemplateDetails {
  readonly description?: string
  /** `general` where it is absent. */
  readonly category?: string
}

/** What can be changed of a template. */
export interface PromptTemplateUpdate extends PromptTemplateDetails {
  readonly name?: string
}

/** A template as the server keeps it: a name for versions of a prompt. */
export interface PromptTemplateRow {
  /** `pt_…`. */
  readonly id: string
  readonly name: string
  readonly description: string
  readonly category: string
  /** ISO 8601. */
  readonly created_at?: string
  /** ISO 8601. */
  readonly updated_at?: string
}

/** Templates, the last changed first. */
export interface PromptTemplateList {
  readonly templates: readonly (PromptTemplateRow & {
    readonly version_count?: Count
    /** Null where no version is active. */
    readonly active_version?: number | null
  })[]
}

/** What may be told of a version beside its text. */
export interface PromptVersionDetails {
  /** The model it was written for. */
  readonly model_hint?: string
  /** Names that stand in double braces in the text. */
  readonly parameters?: readonly string[]
  readonly changelog?: string
}

/** A version of a prompt as the server keeps it. */
export interface PromptVersionRow {
  /** `pv_…`. */
  readonly id: string
  readonly template_id: string
  /** 1 for the first. */
  readonly version: number
  readonly content: string
  /** Whether `renderPrompt` takes it where it is asked for the template. */
  readonly is_active: boolean
  readonly model_hint?: string
  /** A list, or a list as JSON text. */
  readonly parameters?: readonly string[] | string
  readonly changelog?: string
  readonly created_by?: string
  /** ISO 8601. */
  readonly created_at?: string
}

/** Versions of a template, newest first. */
export interface PromptVersionList {
  readonly versions: readonly PromptVersionRow[]
}

/** A version that was made the active one. */
export interface PromptVersionActivated extends PromptVersionRow {
  readonly message?: string
}

/** What is to be rendered: the active version of a template, or one version. */
export interface PromptRender {
  readonly template_id?: string
  readonly version_id?: string
  /** What stands for the names in double braces. */
  readonly variables?: Readonly<Record<string, unknown>>
  readonly action_id?: string
  /** The client's own where it is absent. */
  readonly agent_id?: string
  /** True keeps it as a run; false where it is absent. */
  readonly record?: boolean
  readonly tokens_used?: number
  readonly latency_ms?: number
  readonly outcome?: string
}

/** A prompt with everything filled in. */
export interface PromptRendered {
  readonly rendered: string
  readonly template_id: string
  readonly version_id: string
  readonly version: number
  /** Names that stand in double braces in the version's text. */
  readonly parameters: readonly string[]
  /** `pr_…`, where it was kept as a run. */
  readonly run_id?: string
}

/** What a listing of runs can be narrowed by. */
export interface PromptRunQuery {
  readonly template_id?: string
  readonly version_id?: string
  /** 50 where it is absent, 100 at most. */
  readonly limit?: number
}

/** Prompts that were rendered and kept, newest first. */
export interface PromptRunList {
  readonly runs: readonly {
    /** `pr_…`. */
    readonly id: string
    readonly template_id: string
    readonly version_id: string
    readonly template_name?: string
    readonly version?: number
    readonly action_id?: string
    readonly agent_id?: string
    /** An object, or an object as JSON text. */
    readonly input_vars?: Readonly<Record<string, unknown>> | string
    readonly rendered?: string
    readonly tokens_used?: number
    readonly latency_ms?: number
    readonly outcome?: string
    /** ISO 8601. */
    readonly created_at?: string
  }[]
}

/** Runs in numbers: by template and version, or, asked for one template, its numbers alone. */
export interface PromptStats {
  readonly overall?: {
    readonly total_runs?: Count
    readonly unique_templates?: Count
    readonly avg_tokens?: Count | null
    readonly avg_latency_ms?: Count | null
    readonly today_count?: Count
  }
  readonly by_template?: readonly {
    readonly template_name: string
    readonly total_runs: Count
    readonly avg_tokens?: Count | null
    readonly avg_latency_ms?: Count | null
  }[]
  readonly by_version?: readonly {
    readonly template_name: string
    readonly version: number
    readonly version_id: string
    readonly total_runs: Count
    readonly avg_tokens?: Count | null
  }[]
  readonly total_runs?: Count
  readonly avg_tokens?: Count | null
  readonly avg_latency_ms?: Count | null
  readonly versions_used?: Count
  readonly unique_agents?: Count
}
