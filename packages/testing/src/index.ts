export { describeAdapter } from './adapter-contract.ts'
export type { AdapterStory, AdapterSubject } from './adapter-contract/story.ts'
export { collectEvents, type CollectOptions } from './collect-events.ts'
export { eventually } from './eventually.ts'
export { type FakeAgent, fakeAgentId } from './fake-agents.ts'
export { createFakeGateway, type FakeBehaviour, type FakeGateway } from './fake-gateway.ts'
export { fetchPackages } from './fetch-packages.ts'
export { type Fault, type FaultProxy, startFaultProxy } from './fault-proxy.ts'
export { describeGateway } from './gateway-contract.ts'
export { recordedRun, type RecordedRunOptions, recordedUsage } from './gateway-contract/recorded-run.ts'
export type {
  AgentSubject,
  GatewayPart,
  GatewaySubject,
  OpenSubject,
  ToolSubject,
} from './gateway-contract/subject.ts'
export { createManualClock, type ManualClock } from './manual-clock.ts'
export { recorded, type Recorded, until } from './recorded.ts'
export {
  jsonAnswer,
  type ScriptedAnswer,
  type ScriptedServer,
  sendEvent,
  startEvents,
  startScriptedServer,
} from './scripted-server.ts'
export { useScriptedServer } from './use-scripted-server.ts'
export { describeClient } from './client-contract.ts'
export type {
  ClientPromise,
  ClientRequestOptions,
  ClientSubject,
  ClientWire,
} from './client-contract/subject.ts'
