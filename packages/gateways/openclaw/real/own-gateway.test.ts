import { afterAll, beforeAll, describe, it } from 'vitest'
import { stories } from '../test/stories/stories.ts'
import { RealGateway } from './real-gateway.ts'
import { tellStory } from './tell-story.ts'

let gateway: RealGateway

beforeAll(async () => {
  gateway = await RealGateway.start()
})

afterAll(() => gateway?.stop())

// One after the other: they need to be the only client, end the Gateway, or change whose it is.
describe('the stories on a real Gateway of their own', () => {
  for (const story of stories.filter(({ own }) => own === true))
    it(story.name, () => tellStory(story, gateway))
})
