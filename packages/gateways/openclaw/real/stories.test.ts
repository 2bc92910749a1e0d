import { describe, it } from 'vitest'
import { stories } from '../test/stories/stories.ts'
import { sharedGateway } from './shared-gateway.ts'
import { tellStory } from './tell-story.ts'

const gateway = sharedGateway()

// Several at once, the ones that take a minute first: the whole takes as long as the longest.
describe.concurrent('the stories on the real Gateway', () => {
  const slowFirst = stories
    .filter((story) => story.own !== true)
    .sort((left, right) => Number(right.slow ?? false) - Number(left.slow ?? false))
  for (const story of slowFirst) it(story.name, () => tellStory(story, gateway))
})
