import { describeProvider } from './describe-provider.ts'
import { openScriptedSubject } from './scripted-subject.ts'

globalThis.AI_SDK_LOG_WARNINGS = false
describeProvider('the provider on a scripted gateway', openScriptedSubject)
