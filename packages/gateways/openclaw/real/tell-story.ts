import { OpenClaw, type OpenClawOptions } from '../src/index.ts'
import { openTransport } from '../src/options.ts'
import type { OpenClawTransport } from '../src/transport/transport.ts'
import { recordFetch } from '../test/record-fetch.ts'
import { RecordingTransport } from '../test/recording-transport.ts'
import type { GatewayProcess, Story, StoryTools } from '../test/stories/story.ts'
import { RecordingFile } from './recording-file.ts'
import type { GatewayPlace } from './shared-gateway.ts'

/** Tells one story on a real Gateway; with `PINCER_RECORD` what it hears is written down. */
export async function tellStory(
  story: Story,
  gateway: GatewayPlace & Partial<GatewayProcess>,
): Promise<void> {
  const recording =
    process.env['PINCER_RECORD'] === undefined ? undefined : new RecordingFile(story.name, gateway)
  const clients: OpenClaw[] = []
  const open = async (options: Partial<OpenClawOptions> = {}): Promise<OpenClaw> => {
    const whole = { url: gateway.url, token: gateway.token, ...options }
    const oc =
      recording === undefined
        ? new OpenClaw(whole)
        : new OpenClaw({
            transport: new RecordingTransport(
              openTransport(whole) as Required<OpenClawTransport>,
              clients.length + 1,
              recording.add,
            ),
          })
    clients.push(oc)
    await oc.connect()
    return oc
  }
  const { url, httpUrl, token } = gateway
  const tools: StoryTools = {
    open,
    gateway: processOf(gateway),
    fetch: recording === undefined ? fetch : recordFetch(httpUrl, recording.add),
    url,
    token,
  }
  try {
    await story.run(await open(story.options), tools)
    if (recording === undefined) return
    // What the client does of its own accord after a run's end is part of the recording.
    await new Promise((resolve) => setTimeout(resolve, 1000))
    await recording.save()
  } finally {
    await Promise.all(clients.map((client) => client.close()))
  }
}

function processOf(gateway: GatewayPlace & Partial<GatewayProcess>): GatewayProcess {
  const { kill, launch, ready } = gateway
  const shared = (): never => {
    throw new Error('this Gateway is shared; a story that ends one needs `own: true`')
  }
  return {
    kill: kill?.bind(gateway) ?? shared,
    launch: launch?.bind(gateway) ?? shared,
    ready: ready?.bind(gateway) ?? shared,
  }
}
