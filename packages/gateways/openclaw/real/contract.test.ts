import { describeGateway } from '@pincer/testing'
import { gatewayParts, openGatewaySubject } from '../test/gateway-subject.ts'
import { contractRefusingModel, embeddingModel } from './gateway-config.ts'
import { sharedGateway } from './shared-gateway.ts'

const { url, token } = sharedGateway()

// What every gateway of Pincer has to hold to, on the real one.
describeGateway('openclaw', gatewayParts, () =>
  openGatewaySubject({
    url,
    token,
    refusingModel: contractRefusingModel,
    embeddingModel,
    inputs: {
      plain: { input: 'Say hello from OpenClaw', answer: 'hello from OpenClaw' },
      slow: '[[slow:500]] [[words:100]]',
      clientTool: '[[tool:lookup {"word":"crab"}]]',
      failing: '[[error:401]]',
    },
  }),
)
