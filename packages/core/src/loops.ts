export { callLoopTool, startLoopTool } from './wrapping/call-tool.ts'
export { followIterator } from './wrapping/follow-iterator.ts'
export { parseJson } from './wrapping/parse-json.ts'
