import type { AgentRunRequest, Gateway, GatewayRun, GuardRequest } from '@pincer/protocol'

import { defaultContext } from '#default-context'

import type { Authorization } from './authorization.ts'
import { Capture } from './capture.ts'
import { isAbort } from './error-info.ts'
import type { Handle } from './handle.ts'
import { createIds } from './id.ts'
import { LazyGuardGate } from './lazy-guard-gate.ts'
import { MemoryOutbox } from './memory-outbox.ts'
import { ModelCall, type ModelCallOptions } from './model-call.ts'
import { OpenHandles } from './open-handles.ts'
import { type ClientOptions, resolveOptions } from './options.ts'
import type { DeadLetter } from './outbox-store.ts'
import { type FlushResult, Outbox } from './outbox.ts'
import type { Parent } from './parent.ts'
import { Recorder, type RunIdentity } from './recorder.ts'
import { compileRedaction } from './redaction.ts'
import { Retrieval, type RetrievalOptions } from './retrieval.ts'
import { Run, type RunOptions } from './run.ts'
import type { Makers, Services } from './services.ts'
import { ToolCall, type ToolCallOptions } from './tool-call.ts'

/** Where an action is started that may have no run yet. */
export interface Placement {
  /** The run or action to start under; what runs now when absent. */
  readonly parent?: Parent
  /** Name of the run that is made where there is none. */
  readonly runName?: string
}

/** What a client did and holds. */
export interface ClientStats {
  /** Events that wait for the gateway, and their weight in bytes. */
  readonly queued: number
  readonly queuedBytes: number
  /** Milliseconds since the oldest waiting event was recorded; 0 when none waits. */
  readonly oldestAgeMs: number
  readonly delivered: number
  /** Lost events: told by `onDrop`. */
  readonly dropped: number
  /** Events the gateway refused for good: in `deadLetters()`. */
  readonly rejected: number
  /** Events that were sent again. */
  readonly retried: number
  /** Runs and actions that have not ended. */
  readonly open: number
  /** Ends that came after the end, and were ignored. */
  readonly lateEnds: number
}

/** Runs an agent of the gateway. */
export interface AgentHandle {
  /**
   * Asks the agent to do something.
   *
   * @throws UnsupportedByGatewayError where the gateway runs no agents
   */
  run(request: string | Omit<AgentRunRequest, 'agentId'>): Promise<GatewayRun>
}

const defaultFlushMs = 10_000

/**
 * The client: records runs and actions, delivers them, and asks before things happen. Made by {@link createClient}.
 */
export class Claw {
  /** The gateway that was given, for its sessions, tools, approvals and the rest. */
  readonly gateway: Gateway
  readonly #options: ClientOptions
  readonly #services: Services
  readonly #outbox: Outbox
  #closing: Promise<void> | undefined

  /** @internal */
  constructor(options: ClientOptions) {
    const settings = resolveOptions(options)
    const { gateway, clock, report } = settings
    const capture = new Capture(compileRedaction(options.redact), settings)
    const newId = createIds()
    this.gateway = gateway
    this.#options = options
    this.#outbox = new Outbox({
      ...settings,
      store: options.outbox?.store ?? new MemoryOutbox(settings.outbox),
      onDrop: options.onDrop,
    })
    this.#services = {
      ...settings,
      capture,
      recorder: new Recorder(clock, capture, newId, this.#outbox),
      openHandles: new OpenHandles(settings),
      context: options.context === false ? undefined : (options.context ?? defaultContext()),
      guardGate: new LazyGuardGate(settings, capture),
      make: this.#makers(),
      newId: () => newId(clock.now()),
      report,
    }
  }

  /** The run or action that runs now, where the runtime has `AsyncLocalStorage`. */
  current(): Parent | undefined {
    return this.#services.context?.current()
  }

  /** Starts a run; end it by `end`, `fail` or `cancel`. */
  startRun(options: RunOptions = {}): Run {
    const parent = options.parent ?? (options.parentRunId === undefined ? this.current() : undefined)
    return this.#services.make.run(options, parent)
  }

  /**
   * Starts a run, does the work inside it, and ends it as the work ends: an abort cancels it, any other throw fails it.
   *
   * @example
   * const answer = await claw.run({ name: 'support' }, async () => answerTicket(ticket))
   */
  async run<Result>(options: RunOptions, work: (run: Run) => Promise<Result> | Result): Promise<Result> {
    const run = this.startRun(options)
    try {
      const output = await run.within(() => work(run))
      if (!run.ended) run.end({ output })
      return output
    } catch (error) {
      if (isAbort(error)) run.cancel()
      else run.fail(error)
      throw error
    }
  }

  /** Starts a model call under `parent`, else under what runs now, else in a run of its own that ends with it. */
  startModelCall(options: ModelCallOptions & Placement): ModelCall {
    return this.#parentFor(options, options.model).startModelCall(options)
  }

  /** Starts a tool call under `parent`, else under what runs now, else in a run of its own that ends with it. */
  startToolCall(options: ToolCallOptions & Placement): ToolCall {
    return this.#parentFor(options, options.name).startToolCall(options)
  }

  /** Starts a retrieval under `parent`, else under what runs now, else in a run of its own that ends with it. */
  startRetrieval(options: RetrievalOptions & Placement): Retrieval {
    return this.#parentFor(options, options.name).startRetrieval(options)
  }

  /**
   * Asks the guard about an action that has no handle, under the run that runs now.
   *
   * @throws GuardBlockedError, ApprovalDeniedError, ApprovalTimeoutError, GuardUnavailableError, or the signal's reason
   */
  guard(
    action: Pick<GuardRequest, 'kind' | 'name' | 'toolCallId' | 'risk'> & {
      readonly input?: unknown
      readonly parent?: Parent
    },
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<Authorization> {
    const { run } = action.parent ?? this.current() ?? {}
    return this.#services.guardGate.authorize({ ...action, run, input: action.input }, options.signal)
  }

  /** An agent that the gateway runs. */
  agents(agentId: string): AgentHandle {
    return {
      run: async (request) => {
        const { runAgent } = await import('./run-agent.ts')
        return runAgent(this.gateway, agentId, request)
      },
    }
  }

  /** Tells `onError` of a fault that must not reach the host; never throws. */
  report(error: unknown, where: string): void {
    this.#services.report(error, where)
  }

  /**
   * Delivers what was recorded so far; waits `timeoutMs` milliseconds (default 10 000) at most.
   *
   * On serverless hosts: `context.waitUntil(claw.flush())`.
   */
  flush(options: { readonly timeoutMs?: number } = {}): Promise<FlushResult> {
    return this.#outbox.flush(options.timeoutMs ?? defaultFlushMs)
  }

  /** Ends what is open, delivers for `timeoutMs` milliseconds (default 10 000) at most, and closes the gateway. */
  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(options.timeoutMs ?? defaultFlushMs)
    return this.#closing
  }

  /** Counts, for logs and health checks. */
  stats(): ClientStats {
    const { events, bytes, oldestTs = Infinity } = this.#outbox.size()
    const { clock, openHandles } = this.#services
    return {
      queued: events,
      queuedBytes: bytes,
      oldestAgeMs: Math.max(0, clock.now() - oldestTs),
      ...this.#outbox.counts,
      open: openHandles.size,
      lateEnds: openHandles.lateEnds,
    }
  }

  /** The newest events that the gateway refused for good, with its reasons. */
  deadLetters(): readonly DeadLetter[] {
    return this.#outbox.deadLetters()
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#services.openHandles.close()
    await this.#outbox.close(timeoutMs)
    await this.gateway.close()
  }

  #parentFor(placement: Placement, name: string): Handle {
    return (
      placement.parent ??
      this.current() ??
      this.#services.make.run({ name: placement.runName ?? name }, undefined, true)
    )
  }

  #makers(): Makers {
    return {
      run: (options, parent, isForAction) =>
        new Run(this.#services, parent, this.#identify(parent, options), options, isForAction),
      modelCall: (options, parent) => new ModelCall(this.#services, parent, options),
      toolCall: (options, parent) => new ToolCall(this.#services, parent, options),
      retrieval: (options, parent) => new Retrieval(this.#services, parent, options),
    }
  }

  #identify(parent: Handle | undefined, options: RunOptions): RunIdentity {
    const above = parent?.identity
    return {
      runId: options.runId ?? this.#services.newId(),
      parentRunId: options.parentRunId ?? above?.runId,
      sessionKey: options.sessionKey ?? above?.sessionKey ?? this.#options.sessionKey,
      agentId: options.agentId ?? above?.agentId ?? this.#options.agentId,
      recorded: above?.recorded ?? this.#samples(options),
      seq: 0,
    }
  }

  #samples(run: RunOptions): boolean {
    const { sample } = this.#options
    if (sample === undefined) return true
    if (typeof sample === 'number') return this.#services.random() < sample
    try {
      return sample(run as { name?: string; sessionKey?: string })
    } catch (error) {
      this.report(error, 'sample')
      return true
    }
  }
}

/**
 * Makes a client on a gateway.
 *
 * @throws PincerError with code `invalid_option` naming the option at fault
 * @example
 * const claw = createClient({ gateway: localGateway() })
 * const run = claw.startRun({ name: 'nightly report' })
 * run.end({ output: 'done' })
 * await claw.close()
 */
export function createClient(options: ClientOptions): Claw {
  return new Claw(options)
}
