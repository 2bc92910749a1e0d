import { AsyncLocalStorageProviderSingleton } from '@langchain/core/singletons'

/** What a middleware hook is told of the graph it runs in. */
export interface GraphRuntime {
  readonly signal?: AbortSignal | undefined
  readonly configurable?: Configurable | undefined
  readonly interrupt?: ((value: never) => unknown) | undefined
}

type Configurable = Readonly<Record<string, unknown>>

/** What the graph was configured with; older versions of LangChain do not tell their middleware. */
export function configurableOf({
  configurable,
}: Pick<GraphRuntime, 'configurable'>): Configurable | undefined {
  return configurable ?? AsyncLocalStorageProviderSingleton.getRunnableConfig()?.configurable
}

/** LangGraph's thread in what a run was configured with. */
export function threadOf(configurable: Configurable | undefined): string | undefined {
  const thread = configurable?.['thread_id']
  return typeof thread === 'string' || typeof thread === 'number' ? String(thread) : undefined
}

/** The run of LangChain's that stands above what is started with these callbacks; by default, above what runs now. */
export function langchainRunOf(
  callbacks: unknown = AsyncLocalStorageProviderSingleton.getRunnableConfig()?.callbacks,
): string | undefined {
  // A manager has the id; a list of handlers has none.
  const runId: unknown = Reflect.get(Object(callbacks), '_parentRunId')
  return typeof runId === 'string' ? runId : undefined
}

/** The task of a graph that runs, which stays the same when it is entered again after an interrupt. */
export function taskOf(configurable: Configurable | undefined): string | undefined {
  const task = configurable?.['checkpoint_ns']
  return typeof task === 'string' ? task : undefined
}
