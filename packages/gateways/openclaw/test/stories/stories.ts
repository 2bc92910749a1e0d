import { agentStories } from './agent-stories.ts'
import { approvalStories } from './approval-stories.ts'
import { crowdStories } from './crowd-stories.ts'
import { documentStories } from './document-stories.ts'
import { failureStories } from './failure-stories.ts'
import { resourceStories } from './resource-stories.ts'
import { restartStories } from './restart-stories.ts'
import { httpStories } from './http-stories.ts'
import { runStories } from './run-stories.ts'
import { sessionStories } from './session-stories.ts'
import type { Story } from './story.ts'
import { toolStories } from './tool-stories.ts'

/** Every story that is told on the real Gateway and on recordings of it. */
export const stories: readonly Story[] = [
  ...resourceStories,
  ...documentStories,
  ...runStories,
  ...toolStories,
  ...sessionStories,
  ...approvalStories,
  ...crowdStories,
  ...httpStories,
  ...failureStories,
  ...restartStories,
  // The last: it changes whose the Gateway is.
  ...agentStories,
]
