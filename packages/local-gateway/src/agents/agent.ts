/**
 * An agent that this gateway runs.
 *
 * @example
 * const main: AgentConfig = { id: 'main', instructions: 'Answer in one sentence.', tools: ['files.*'] }
 */
export interface AgentConfig {
  /** Letters, digits, dot, dash and underscore, at most 100. */
  readonly id: string
  readonly name?: string | undefined
  readonly description?: string | undefined
  /** Model of the upstream; its default where absent. */
  readonly model?: string | undefined
  readonly instructions?: string | undefined
  /** Names or patterns (`*` stands for any text) of the tools it may use; all where absent, none where empty. */
  readonly tools?: readonly string[] | undefined
  /** Most model calls of one run; 20. */
  readonly maxSteps?: number | undefined
}
