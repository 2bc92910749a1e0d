import { MastraModelGateway, type GatewayLanguageModel, type ProviderConfig } from '@mastra/core/llm'
import { createPincer, type PincerProvider, type PincerProviderSettings } from '@pincer/ai-sdk'

/** What Mastra asks a model gateway for. */
type WantedModel = Parameters<MastraModelGateway['resolveLanguageModel']>[0]

/**
 * A gateway's agents as models of Mastra: `pincer/main` is the agent `main`.
 *
 * With a `claw` whose exporter is the bridge too, the agents' runs stand under the steps that they answer. A name of its own,
 * by `name`, lets several gateways stand side by side: `new PincerModelGateway({ gateway, name: 'office' })` serves
 * `office/main`. Needs a Mastra that knows models of version 4 of the AI SDK's specification.
 *
 * @throws PincerError with code `invalid_option` naming what is wrong
 * @example
 * const mastra = new Mastra({ agents: { helper }, gateways: { pincer: new PincerModelGateway({ claw }) } })
 * const helper = new Agent({ id: 'helper', name: 'Helper', instructions: 'Help', model: 'pincer/main' })
 */
export class PincerModelGateway extends MastraModelGateway {
  /** What stands before the slash of its models. */
  readonly id: string
  readonly name: string
  readonly #provider: PincerProvider
  readonly #listAgents: () => Promise<readonly string[]>

  constructor(settings: PincerProviderSettings) {
    super()
    this.#provider = createPincer(settings)
    const { claw, gateway = claw?.gateway, name = 'pincer' } = settings
    this.id = name
    this.name = `Pincer (${gateway?.name ?? name})`
    this.#listAgents = async () => {
      const agents = await gateway?.agents?.list()
      return agents?.map(({ agentId }) => agentId) ?? []
    }
  }

  /** The agents of the gateway, for Mastra's list of models; none where the gateway cannot be asked now. */
  override async fetchProviders(): Promise<Record<string, ProviderConfig>> {
    const models = await this.#listAgents().catch(() => [])
    // The gateway knows its own keys: Mastra needs none.
    return {
      [this.id]: { name: this.name, models: [...models], apiKeyEnvVar: [], gateway: this.id },
    }
  }

  /** There is no address: a call goes to the gateway's client. */
  override buildUrl(): undefined {
    return undefined
  }

  /** There is no key: the gateway's client has its own. */
  override async getApiKey(): Promise<string> {
    return ''
  }

  /** The agent as a language model; agents whose names contain slashes included. */
  override resolveLanguageModel({ providerId, modelId }: WantedModel): GatewayLanguageModel {
    const isOwn = providerId === this.id || providerId === ''
    // Mastra's copy of the specification may be older than that of the AI SDK, which added a reason to finish.
    const model: object = this.#provider(isOwn ? modelId : `${providerId}/${modelId}`)
    return model as GatewayLanguageModel
  }
}
