import { join } from 'node:path'

/** What a Gateway of this suite is told; every address is on loopback. */
export interface GatewaySetting {
  /** A folder of its own, wiped afterwards. */
  readonly home: string
  readonly port: number
  readonly token: string
  /** Base URL of the scripted model. */
  readonly modelUrl: string
}

/** The model of most stories. */
const plainModel = 'scripted/plain'
/** A model that reasons where it is asked to. */
const reasoningModel = 'scripted/thinker'
/** A model that takes images. */
const imageModel = 'scripted/eyes'
/** A model of a provider of its own: a refused key is put aside for a minute, for every run of that provider. */
const refusingModel = 'refusing/plain'
/** The same for the contract, which runs beside the stories. */
export const contractRefusingModel = 'refusing-contract/plain'
/** The same for the provider of the AI SDK. */
const providerRefusingModel = 'refusing-provider/plain'

/** The model of its embeddings, by the same scripted model. */
export const embeddingModel = 'openai-compatible/scripted-vectors'

/** The whole `openclaw.json` of a Gateway that asks before `exec` and shows the model every tool. */
export function gatewayConfig({ home, port, token, modelUrl }: GatewaySetting): object {
  const refusing = [refusingModel, contractRefusingModel, providerRefusingModel]
  const names = [plainModel, reasoningModel, imageModel, ...refusing]
  return {
    gateway: {
      mode: 'local',
      port,
      bind: 'loopback',
      auth: { mode: 'token', token },
      controlUi: { enabled: false },
      http: { endpoints: { chatCompletions: { enabled: true }, responses: { enabled: true } } },
    },
    agents: {
      defaults: {
        workspace: join(home, 'workspace'),
        model: { primary: plainModel },
        models: Object.fromEntries(names.map((name) => [name, {}])),
        skipBootstrap: true,
      },
    },
    models: {
      mode: 'replace',
      providers: {
        scripted: provider(modelUrl, [
          model('plain'),
          model('thinker', { reasoning: true }),
          model('eyes', { input: ['text', 'image'] }),
        ]),
        refusing: provider(modelUrl, [model('plain')]),
        'refusing-contract': provider(modelUrl, [model('plain')]),
        'refusing-provider': provider(modelUrl, [model('plain')]),
      },
    },
    memory: {
      search: {
        provider: 'openai-compatible',
        model: 'scripted-vectors',
        remote: { baseUrl: modelUrl, apiKey: 'none' },
      },
    },
    tools: { toolSearch: false, exec: { mode: 'ask' } },
    plugins: { load: { paths: [pluginFolder(home)] }, entries: { 'pincer-gate': { enabled: true } } },
    logging: { audit: { executionIdentity: true, messages: 'all' } },
    update: { checkOnStart: false },
    discovery: { mdns: { mode: 'off' } },
  }
}

/** The environment of the Gateway's process: nothing of this machine but the road to Node, nothing that calls out. */
export function gatewayEnvironment(home: string): Record<string, string> {
  const skipped = [
    'CHANNELS',
    'CRON',
    'BROWSER_CONTROL_SERVER',
    'CANVAS_HOST',
    'GMAIL_WATCHER',
    'STARTUP_MODEL_PREWARM',
  ]
  const state = stateFolder(home)
  return {
    PATH: `${join(process.execPath, '..')}:/usr/bin:/bin`,
    HOME: home,
    OPENCLAW_HOME: home,
    OPENCLAW_STATE_DIR: state,
    OPENCLAW_CONFIG_PATH: join(state, 'openclaw.json'),
    OPENCLAW_NO_AUTO_UPDATE: '1',
    OPENCLAW_DISABLE_BONJOUR: '1',
    OPENCLAW_NO_RESPAWN: '1',
    NO_COLOR: '1',
    ...Object.fromEntries(skipped.map((name) => [`OPENCLAW_SKIP_${name}`, '1'])),
  }
}

/** Where the Gateway of this home keeps its config and its state. */
export function stateFolder(home: string): string {
  return join(home, '.openclaw')
}

/** Where the Gateway of this home finds the plugin that asks and blocks for the contract. */
export function pluginFolder(home: string): string {
  return join(home, 'gateway-plugin')
}

function provider(baseUrl: string, models: readonly object[]): object {
  return { baseUrl, apiKey: 'none', api: 'openai-completions', models }
}

function model(id: string, more: object = {}): object {
  const cost = { input: 1, output: 2, cacheRead: 0, cacheWrite: 0 }
  return {
    id,
    name: id,
    reasoning: false,
    input: ['text'],
    cost,
    contextWindow: 128_000,
    maxTokens: 4096,
    ...more,
  }
}
