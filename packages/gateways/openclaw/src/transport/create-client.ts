import {
  GatewayClient,
  type GatewayClientHostDeps,
  type GatewayClientOptions,
  gatewayOriginScope,
} from '@openclaw/gateway-client'
import type { GatewayDevice } from '../device/device.ts'
import { encodePublicKey, signDevicePayload } from '../device/device-key.ts'
import type { CheckedTransportOptions } from './transport-options.ts'

/** The callbacks of the reference client that are used here. */
export type ClientCallbacks = Required<
  Pick<GatewayClientOptions, 'onEvent' | 'onHelloOk' | 'onConnectError' | 'onReconnectPaused' | 'onClose'>
>

/** The wire protocol that is spoken here. */
export const protocol = 4

/**
 * Makes a reference client that is not started.
 *
 * @throws PincerError `invalid_option` where the device cannot be used.
 */
export function createClient(options: CheckedTransportOptions, callbacks: ClientCallbacks): GatewayClient {
  const { device, displayName, instanceId, tlsFingerprint, edgeAuthHeaders } = options
  return new GatewayClient({
    url: options.url,
    ...credentials(options),
    requestTimeoutMs: options.requestTimeoutMs,
    scopes: [...options.scopes],
    caps: [...options.caps],
    role: 'operator',
    // A local Gateway lets a backend in by its token and pairs no device with it; as a tool of the command line it is paired.
    mode: device === undefined ? 'backend' : 'cli',
    minProtocol: protocol,
    maxProtocol: protocol,
    notifyOnStartupRetry: true,
    // `null` keeps the client from looking for an identity of its own.
    deviceIdentity: device === undefined ? null : device.identity(),
    ...(device === undefined ? {} : { hostDeps: connectDevice(device, gatewayOriginScope(options.url)) }),
    ...(displayName === undefined ? {} : { clientDisplayName: displayName }),
    ...(instanceId === undefined ? {} : { instanceId }),
    ...(tlsFingerprint === undefined ? {} : { tlsFingerprint }),
    ...(edgeAuthHeaders === undefined ? {} : { edgeAuthHeaders }),
    ...callbacks,
  })
}

function credentials({
  token,
  password,
  deviceToken,
  bootstrapToken,
}: CheckedTransportOptions): Pick<
  GatewayClientOptions,
  'token' | 'password' | 'deviceToken' | 'bootstrapToken'
> {
  return {
    ...(token === undefined ? {} : { token }),
    ...(password === undefined ? {} : { password }),
    ...(deviceToken === undefined ? {} : { deviceToken }),
    ...(bootstrapToken === undefined ? {} : { bootstrapToken }),
  }
}

// No log functions are given, so that the client writes nothing anywhere.
function connectDevice(device: GatewayDevice, gateway: string): GatewayClientHostDeps {
  return {
    signDevicePayload,
    publicKeyRawBase64UrlFromPem: encodePublicKey,
    loadDeviceAuthToken({ role }) {
      const stored = device.loadToken({ gateway, role })
      return stored === undefined ? null : { token: stored.token, scopes: [...stored.scopes] }
    },
    storeDeviceAuthToken({ role, token, scopes }) {
      try {
        device.storeToken({ gateway, role }, { token, scopes })
      } catch {
        // The connection stands; the Gateway hands the token out again at the next one.
      }
    },
    clearDeviceAuthToken: ({ role }) => device.clearToken({ gateway, role }),
  }
}
