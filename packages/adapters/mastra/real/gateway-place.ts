/** How the real OpenClaw Gateway is reached that `./pnpmw test:openclaw` has started. */
export interface GatewayPlace {
  /** Address of its WebSocket. */
  readonly url: string
  readonly token: string
}

/**
 * Reads what `./pnpmw test:openclaw` tells its workers of the Gateway that they share.
 *
 * @throws Error outside of it.
 */
export function readGatewayPlace(): GatewayPlace {
  const text = process.env['PINCER_OPENCLAW_GATEWAY']
  if (text === undefined) throw new Error('no Gateway was started; run this through `./pnpmw test:openclaw`')
  const { url, token } = Object(JSON.parse(text))
  if (typeof url !== 'string' || typeof token !== 'string')
    throw new Error('PINCER_OPENCLAW_GATEWAY: expected JSON with `url` and `token`, both texts')
  return { url, token }
}
