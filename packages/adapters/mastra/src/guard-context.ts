/** What Mastra tells a hook or a tool of the call it makes, as far as the guard reads it. */
export interface GuardContext {
  readonly toolCallId: string | undefined
  /** Mastra's own id of the run; hooks are not told. */
  readonly mastraRunId: string | undefined
  /** The span in which it happens, where Mastra is observed. */
  readonly spanId: string | undefined
  /** The thread of Mastra's memory, which is the session. */
  readonly threadId: string | undefined
  readonly signal: AbortSignal | undefined
  /** What a suspended run was resumed with. */
  readonly resumeData: unknown
  /** Suspends Mastra's run; absent outside of agents. */
  readonly suspend: SuspendRun | undefined
}

/** Suspends the run of an agent, to be gone on with by another process too. */
type SuspendRun = (payload: unknown, options: object) => Promise<unknown>

/** Reads what Mastra gives a hook as `context`. */
export function readHookContext(context: unknown): GuardContext {
  const memory = call(read(context, 'requestContext'), 'get', 'MastraMemory')
  return {
    ...readAnyContext(context),
    toolCallId: textOf(read(context, 'toolCallId')),
    mastraRunId: undefined,
    threadId: textOf(read(read(memory, 'thread'), 'id')),
    resumeData: read(context, 'resumeData'),
    suspend: undefined,
  }
}

/** Reads what Mastra gives the `execute` of a tool as its second argument. */
export function readToolContext(context: unknown): GuardContext {
  const agent = read(context, 'agent')
  const suspend = read(agent, 'suspend')
  // A task in the background has answered the model already: there is nothing to suspend.
  const canSuspend = typeof suspend === 'function' && read(agent, 'isBackgroundTask') !== true
  return {
    ...readAnyContext(context),
    toolCallId: textOf(read(agent, 'toolCallId')),
    mastraRunId: textOf(read(context, 'runId')) ?? textOf(read(read(context, 'workflow'), 'runId')),
    threadId: textOf(read(agent, 'threadId')) ?? textOf(read(context, 'threadId')),
    resumeData: read(agent, 'resumeData'),
    suspend: canSuspend ? (payload, options) => Promise.resolve(suspend(payload, options)) : undefined,
  }
}

/** Reads a field of what may be anything, by whatever it is that throws. */
export function read(value: unknown, field: string): unknown {
  try {
    return value === undefined || value === null ? undefined : Reflect.get(Object(value), field)
  } catch {
    return undefined
  }
}

function readAnyContext(context: unknown): Pick<GuardContext, 'spanId' | 'signal'> {
  const signal = read(context, 'abortSignal')
  return {
    spanId: textOf(read(read(read(context, 'tracingContext'), 'currentSpan'), 'id')),
    signal: signal instanceof AbortSignal ? signal : undefined,
  }
}

function call(target: unknown, method: string, argument: string): unknown {
  try {
    const found = read(target, method)
    return typeof found === 'function' ? Reflect.apply(found, target, [argument]) : undefined
  } catch {
    return undefined
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
