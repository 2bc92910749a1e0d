import { describeProvider } from './describe-provider.ts'
import { openLocalSubject } from './local-subject.ts'

globalThis.AI_SDK_LOG_WARNINGS = false
describeProvider('the provider on the local gateway', () => openLocalSubject(false))
describeProvider('the provider on the local gateway over HTTP', () => openLocalSubject(true))
