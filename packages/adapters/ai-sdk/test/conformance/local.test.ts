import { vi } from 'vitest'

import { describeProvider } from './describe-provider.ts'
import { openLocalSubject } from './local-subject.ts'

globalThis.AI_SDK_LOG_WARNINGS = false
vi.setConfig({ testTimeout: 70_000 })
describeProvider('the provider on the local gateway', () => openLocalSubject(false))
describeProvider('the provider on the local gateway over HTTP', () => openLocalSubject(true))
