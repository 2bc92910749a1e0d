import { expectTypeOf, test } from 'vitest'
import type { ActionCreated } from '../src/methods/action-results.ts'
import type {
  CallOptions,
  DashClaw,
  ScoringDimensionInput,
  StreamEvent,
  TrackedAction,
} from '../src/index.ts'

declare const claw: DashClaw

test('calls take what their row says, and options behind it', () => {
  expectTypeOf(claw.approveAction).parameters.toEqualTypeOf<
    [
      actionId: string,
      decision: 'allow' | 'deny',
      reasoning?: string | undefined,
      options?: CallOptions | undefined,
    ]
  >()
  expectTypeOf(claw.getSignals).toBeCallableWith()
  expectTypeOf(claw.getPendingApprovals).toBeCallableWith(25)
  expectTypeOf<ReturnType<DashClaw['createAction']>>().resolves.toEqualTypeOf<ActionCreated>()
  // @ts-expect-error an action needs a goal
  void claw.createAction({ action_type: 'deploy' })
  // @ts-expect-error a name that no server reads
  void claw.getActions({ state: 'running' })
})

test('track gives what its work gives, and without work the action', () => {
  const action = { action_type: 'x', declared_goal: 'y' }
  expectTypeOf(claw.track(action, () => 42)).resolves.toEqualTypeOf<number>()
  expectTypeOf(claw.track(action, () => Promise.resolve('a'))).resolves.toEqualTypeOf<string>()
  expectTypeOf(claw.track(action)).resolves.toEqualTypeOf<TrackedAction>()
})

test('the type of an event tells its data', () => {
  const status = (event: StreamEvent): string | undefined =>
    event.type === 'action.updated' ? (event.data.approved_by ?? event.data.status) : undefined
  expectTypeOf(status).returns.toEqualTypeOf<string | undefined>()
})

test('a wrapped client is of the class that it was', () => {
  class Client {
    readonly chat = 1
  }
  expectTypeOf(claw.wrapClient(new Client())).resolves.toEqualTypeOf<Client>()
})

test('calls of governance know what the server knows, and take what it may learn', () => {
  expectTypeOf(claw.setRecommendationActive).parameters.toEqualTypeOf<
    [recommendationId: string, active: boolean, options?: CallOptions | undefined]
  >()
  expectTypeOf(claw.mapCompliance).toBeCallableWith('a framework of their own')
  expectTypeOf(claw.getLearningVelocity).toBeCallableWith(30, { limit: 5 }, { timeoutMs: 100 })
  expectTypeOf<Parameters<DashClaw['addScoringDimension']>[1]>().toEqualTypeOf<ScoringDimensionInput>()
  // @ts-expect-error a pack, or YAML
  void claw.importPolicies({})
  const step = { operator: '<', value: 1, score: 1 }
  // @ts-expect-error no such operator
  void claw.addScoringDimension('sp_1', { name: 'x', data_source: 'y', scale: [step] })
  // @ts-expect-error a scorer of no kind
  void claw.createScorer('x', 'guess')
  // @ts-expect-error an event of no kind
  void claw.recordRecommendationEvents([{ event_type: 'liked' }])
})
