import {
  type AgentRunRequest,
  type GatewayRun,
  type GuardRequest,
  UnsupportedByGatewayError,
} from '@pincer/protocol'

import { defaultContext } from '#default-context'

import { runOf } from './action.ts'
import type { Authorization } from './authorization.ts'
import { Capture } from './capture.ts'
import { systemClock } from './clock.ts'
import { isAbort } from './error-info.ts'
import { watchExit } from './exit.ts'
import type { Handle } from './handle.ts'
import { createIds } from './id.ts'
import { LazyGuardGate } from './lazy-guard-gate.ts'
import { callListener } from './listener.ts'
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
  readonly gateway: ClientOptions['gateway']
  readonly #options: ClientOptions
  readonly #services: Services
  readonly #outbox: Outbox
  readonly #random: () => number
  #closing: Promise<void> | undefined

  /** @internal */
  constructor(options: ClientOptions) {
    const { limits, outbox, guard } = resolveOptions(options)
    const clock = options.clock ?? systemClock
    const newId = createIds(() => clock.now())
    const report = (error: unknown, where: string): void => this.report(error, where)
    const captureLimits = { maxTextLength: limits.maxTextLength, maxValueLength: limits.maxValueLength }
    const capture = new Capture(compileRedaction(options.redact), captureLimits, (error) =>
      report(error, 'redact'),
    )
    const recordInputs = options.recordInputs ?? true
    const captureInput = (input: unknown): ReturnType<Capture['value']> => {
      // What only the guard sees weighs on no event.
      const { bytes } = capture
      const copy = recordInputs ? capture.value(input) : undefined
      capture.bytes = bytes
      return copy
    }
    this.gateway = options.gateway
    this.#options = options
    this.#random = options.random ?? Math.random
    const store = options.outbox?.store ?? new MemoryOutbox(outbox)
    const onDrop = options.onDrop ?? (() => {})
    this.#outbox = new Outbox(store, options.gateway.events, outbox, clock, this.#random, onDrop, report)
    this.#outbox.watch(watchExit(() => void this.#flushAtExit(limits.exitTimeoutMs)))
    this.#services = {
      clock,
      capture,
      recorder: new Recorder(clock, capture, newId, (event, bytes, priority) =>
        this.#outbox.add(event, bytes, priority),
      ),
      openHandles: new OpenHandles(clock, limits.idleTimeoutMs, limits.maxOpen),
      context: options.context === false ? undefined : (options.context ?? defaultContext()),
      guardGate: new LazyGuardGate({ ...guard, gateway: options.gateway, clock, captureInput, report }),
      make: this.#makers(),
      recordInputs,
      recordOutputs: options.recordOutputs ?? true,
      recordDeltas: (options.recordDeltas ?? true) && (options.recordOutputs ?? true),
      newId,
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
    return this.#place(options, options.model, (...place) => this.#services.make.modelCall(options, ...place))
  }

  /** Starts a tool call under `parent`, else under what runs now, else in a run of its own that ends with it. */
  startToolCall(options: ToolCallOptions & Placement): ToolCall {
    return this.#place(options, options.name, (...place) => this.#services.make.toolCall(options, ...place))
  }

  /** Starts a retrieval under `parent`, else under what runs now, else in a run of its own that ends with it. */
  startRetrieval(options: RetrievalOptions & Placement): Retrieval {
    return this.#place(options, options.name, (...place) => this.#services.make.retrieval(options, ...place))
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
    const parent = action.parent ?? this.current()
    const run = parent === undefined ? undefined : runOf(parent)
    return this.#services.guardGate.authorize({ ...action, run, input: action.input }, options.signal)
  }

  /** An agent that the gateway runs. */
  agents(agentId: string): AgentHandle {
    return {
      run: async (request) => {
        const runner = this.gateway.agents
        if (runner === undefined) throw new UnsupportedByGatewayError(this.gateway.name, 'agents')
        return runner.run({ ...(typeof request === 'string' ? { input: request } : request), agentId })
      },
    }
  }

  /** Tells `onError` of a fault that must not reach the host; never throws. */
  report(error: unknown, where: string): void {
    // Where telling fails there is nobody left to tell.
    callListener(
      () => this.#options.onError?.(error, where),
      () => {},
    )
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
    const size = this.#outbox.size()
    const now = this.#services.clock.now()
    return {
      queued: size.events,
      queuedBytes: size.bytes,
      oldestAgeMs: size.oldestTs === undefined ? 0 : Math.max(0, now - size.oldestTs),
      ...this.#outbox.counts,
      open: this.#services.openHandles.size,
      lateEnds: this.#services.openHandles.lateEnds,
    }
  }

  /** The newest events that the gateway refused for good, with its reasons. */
  deadLetters(): readonly DeadLetter[] {
    return this.#outbox.deadLetters()
  }

  async #flushAtExit(timeoutMs: number): Promise<void> {
    const { drained } = await this.#outbox.flush(timeoutMs)
    if (!drained) await this.#outbox.close(1, 'exit')
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#services.openHandles.close()
    await this.#outbox.close(timeoutMs)
    await this.gateway.close()
  }

  #place<Made>(placement: Placement, name: string, make: (parent: Handle, ownsRun: boolean) => Made): Made {
    const parent = placement.parent ?? this.current()
    if (parent !== undefined) return make(parent, false)
    return make(this.#services.make.run({ name: placement.runName ?? name }), true)
  }

  #makers(): Makers {
    return {
      run: (options, parent) => new Run(this.#services, parent, this.#identify(parent, options), options),
      modelCall: (options, parent, ownsRun) => new ModelCall(this.#services, parent, options, ownsRun),
      toolCall: (options, parent, ownsRun) => new ToolCall(this.#services, parent, options, ownsRun),
      retrieval: (options, parent, ownsRun) => new Retrieval(this.#services, parent, options, ownsRun),
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
    if (typeof sample === 'number') return this.#random() < sample
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
