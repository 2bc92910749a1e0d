import { createConnection } from '../src/connection/create-connection.ts'
import { openTransport } from '../src/options.ts'

// Run as a process of its own: what it prints is read, and that it ends by itself.
const [url = '', story = ''] = process.argv.slice(2)
const connection = createConnection(openTransport({ url, token: 'secret-token', connectTimeoutMs: 300 }))

if (story === 'close') {
  connection.subscribe(() => undefined)
  console.log(JSON.stringify(await connection.request('ping')))
  await connection.close()
}
if (story === 'close in flight') {
  const asked = connection
    .request('wait', {}, { timeoutMs: null })
    .catch((error: { code: string }) => error.code)
  await connection.request('ping')
  await connection.close()
  console.log(JSON.stringify(await asked))
}
if (story === 'nobody there') {
  const failure = await connection.request('ping').catch((error: { retryable: boolean }) => error)
  console.log(JSON.stringify((failure as { retryable: boolean }).retryable))
  // Nothing is closed here: a Gateway that nobody waits for any more is not looked for.
}
if (story === 'refused') {
  const failure = await connection.request('ping').catch((error: { gatewayCode: string }) => error)
  console.log(JSON.stringify((failure as { gatewayCode: string }).gatewayCode))
}
