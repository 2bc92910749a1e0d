import type { WireError } from './wire-error.ts'

/** How a refused handshake reads in our words. */
export interface ConnectRefusal {
  readonly status: number
  /** What is wrong, and what to do. */
  readonly advice: (details: WireError['details']) => string
  /** True where waiting is enough. */
  readonly retryable?: true
}

const tokenPlaces = '`token` (OPENCLAW_GATEWAY_TOKEN) against gateway.auth.token of the Gateway'
const passwordPlaces = '`password` (OPENCLAW_GATEWAY_PASSWORD) against gateway.auth.password of the Gateway'
const proxy: ConnectRefusal = {
  status: 401,
  advice: () =>
    'the proxy in front of the Gateway did not say who is calling; connect through it, or pass `edgeAuthHeaders`',
}
const deviceKey: ConnectRefusal = {
  status: 401,
  advice: () =>
    'the Gateway does not accept the proof of this device; remove the device file, connect again and have it paired anew',
}

// The codes that a Gateway puts into `details.code` of a refused handshake.
const refusals: ReadonlyMap<string, ConnectRefusal> = new Map<string, ConnectRefusal>([
  [
    'AUTH_TOKEN_MISSING',
    { status: 401, advice: () => 'the Gateway wants a token; pass `token`, or set OPENCLAW_GATEWAY_TOKEN' },
  ],
  [
    'AUTH_TOKEN_MISMATCH',
    { status: 401, advice: () => `the token is not the Gateway's; check ${tokenPlaces}` },
  ],
  [
    'AUTH_TOKEN_NOT_CONFIGURED',
    { status: 401, advice: () => 'the Gateway has no token of its own yet; set gateway.auth.token there' },
  ],
  [
    'AUTH_PASSWORD_MISSING',
    {
      status: 401,
      advice: () => 'the Gateway wants a password; pass `password`, or set OPENCLAW_GATEWAY_PASSWORD',
    },
  ],
  [
    'AUTH_PASSWORD_MISMATCH',
    { status: 401, advice: () => `the password is not the Gateway's; check ${passwordPlaces}` },
  ],
  [
    'AUTH_PASSWORD_NOT_CONFIGURED',
    {
      status: 401,
      advice: () => 'the Gateway has no password of its own yet; set gateway.auth.password there',
    },
  ],
  [
    'AUTH_BOOTSTRAP_TOKEN_INVALID',
    {
      status: 401,
      advice: () =>
        'the bootstrap token is used up or not the Gateway’s; make a new one and pass `bootstrapToken`',
    },
  ],
  [
    'AUTH_DEVICE_TOKEN_MISMATCH',
    {
      status: 401,
      advice: () =>
        'the token of this device is no longer valid; connect with `token` once, or have the device paired again',
    },
  ],
  [
    'AUTH_SCOPE_MISMATCH',
    {
      status: 403,
      advice: () =>
        'the token of this device does not cover the scopes asked for; narrow `scopes`, or have the device paired with more',
    },
  ],
  [
    'AUTH_RATE_LIMITED',
    {
      status: 429,
      advice: () =>
        'too many failed attempts from this address; correct the token, wait a minute and try again',
    },
  ],
  ['AUTH_REQUIRED', { status: 401, advice: () => `the Gateway wants credentials; check ${tokenPlaces}` }],
  [
    'AUTH_UNAUTHORIZED',
    { status: 401, advice: () => `the Gateway refused the credentials; check ${tokenPlaces}` },
  ],
  ['AUTH_TAILSCALE_IDENTITY_MISSING', proxy],
  ['AUTH_TAILSCALE_PROXY_MISSING', proxy],
  ['AUTH_TAILSCALE_WHOIS_FAILED', proxy],
  ['AUTH_TAILSCALE_IDENTITY_MISMATCH', proxy],
  ['AUTH_IDENTITY_HEADER_REQUIRED', proxy],
  ['AUTH_VERIFIED_USER_REQUIRED', proxy],
  [
    'CONTROL_UI_ORIGIN_NOT_ALLOWED',
    { status: 403, advice: () => 'the Gateway does not allow this origin; connect without a browser origin' },
  ],
  [
    'DEVICE_IDENTITY_REQUIRED',
    {
      status: 401,
      advice: () =>
        'the Gateway was given neither a token nor a known device; pass `token` (OPENCLAW_GATEWAY_TOKEN), or `device: fileDevice()` and have it paired',
    },
  ],
  ['DEVICE_AUTH_INVALID', deviceKey],
  ['DEVICE_AUTH_DEVICE_ID_MISMATCH', deviceKey],
  ['DEVICE_AUTH_NONCE_REQUIRED', deviceKey],
  ['DEVICE_AUTH_NONCE_MISMATCH', deviceKey],
  ['DEVICE_AUTH_SIGNATURE_INVALID', deviceKey],
  ['DEVICE_AUTH_PUBLIC_KEY_INVALID', deviceKey],
  [
    'DEVICE_AUTH_SIGNATURE_EXPIRED',
    {
      status: 401,
      retryable: true,
      advice: () => 'the signature of this device came too late; check both clocks, and try again',
    },
  ],
  ['PAIRING_REQUIRED', { status: 401, advice: advisePairing }],
  ['PROTOCOL_MISMATCH', { status: 426, advice: adviseProtocol }],
  [
    'CLIENT_VERSION_MISMATCH',
    {
      status: 426,
      advice: () => 'the Gateway does not take this version of the client; update Pincer or OpenClaw',
    },
  ],
])

/** What to say about a refused handshake; `undefined` for a code that belongs to no handshake. */
export function findConnectRefusal(code: string): ConnectRefusal | undefined {
  return refusals.get(code)
}

function advisePairing(details: WireError['details']): string {
  const requestId = readId(details['requestId'])
  const wants =
    details['reason'] === 'scope-upgrade'
      ? 'this device asks for more scopes than it was paired with'
      : 'this device is not paired with the Gateway yet'
  return requestId === undefined
    ? `${wants}; run \`openclaw devices list\` on the Gateway's host, approve the request, and connect again`
    : `${wants} (request ${requestId}); run \`openclaw devices approve ${requestId}\` on the Gateway's host, and connect again`
}

function adviseProtocol(details: WireError['details']): string {
  const theirs = readNumber(details['expectedProtocol'])
  const ours = readNumber(details['clientMaxProtocol'])
  return `the Gateway speaks protocol ${theirs ?? 'unknown'}, this client speaks protocol ${ours ?? 4}; update ${
    theirs !== undefined && theirs < (ours ?? 4) ? 'OpenClaw' : 'Pincer'
  }`
}

// It is printed into a command line for people to copy, so only what an id is made of may stand in it.
function readId(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w][\w.:-]{0,127}$/.test(value) ? value : undefined
}

function readNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}
