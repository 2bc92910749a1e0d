import { vi } from 'vitest'

import { describeProvider } from './describe-provider.ts'
import { openScriptedSubject } from './scripted-subject.ts'

globalThis.AI_SDK_LOG_WARNINGS = false
vi.setConfig({ testTimeout: 70_000 })
describeProvider('the provider on a scripted gateway', openScriptedSubject)
