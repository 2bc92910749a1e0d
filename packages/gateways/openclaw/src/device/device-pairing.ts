import type { Connection } from '../connection/connection.ts'
import { isRecord } from '../connection/wire-error.ts'
import type { GatewayRequestOptions } from '../transport/transport.ts'

/** A device that waits to be let in. */
export interface PairingRequest {
  readonly requestId: string
  readonly deviceId: string
  readonly displayName?: string
  readonly platform?: string
  readonly role?: string
  /** Scopes it asks for, such as `operator.read`. */
  readonly scopes: readonly string[]
  /** Epoch milliseconds. */
  readonly requestedAt?: number
}

/** A device that was let in. */
export interface PairedDevice {
  readonly deviceId: string
  readonly displayName?: string
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
}

/** The devices that a Gateway knows. Needs the scope `operator.pairing`. */
export interface DevicePairing {
  readonly pending: readonly PairingRequest[]
  readonly paired: readonly PairedDevice[]
}

/**
 * Lists the devices that are paired with the Gateway, and those that wait for it. Needs the scope `operator.pairing`.
 *
 * @throws GatewayError 403 without that scope.
 */
export async function listDevicePairing(
  connection: Pick<Connection, 'request'>,
  options?: GatewayRequestOptions,
): Promise<DevicePairing> {
  const found = await connection.request('device.pair.list', {}, options)
  return {
    pending: readList(found, 'pending').flatMap(readRequest),
    paired: readList(found, 'paired').flatMap(readDevice),
  }
}

/**
 * Lets a device in that waits for it; it connects again by itself. Needs the scope `operator.pairing`.
 *
 * @throws GatewayError 404 where the request is unknown or was answered.
 */
export async function approveDevicePairing(
  connection: Pick<Connection, 'request'>,
  requestId: string,
  options?: GatewayRequestOptions,
): Promise<void> {
  await connection.request('device.pair.approve', { requestId }, options)
}

/**
 * Turns a device away that waits for pairing. Needs the scope `operator.pairing`.
 *
 * @throws GatewayError 404 where the request is unknown or was answered.
 */
export async function rejectDevicePairing(
  connection: Pick<Connection, 'request'>,
  requestId: string,
  options?: GatewayRequestOptions,
): Promise<void> {
  await connection.request('device.pair.reject', { requestId }, options)
}

function readRequest(found: unknown): readonly PairingRequest[] {
  if (!isRecord(found)) return []
  const { requestId, deviceId, role, ts } = found
  if (typeof requestId !== 'string' || typeof deviceId !== 'string') return []
  return [
    {
      requestId,
      deviceId,
      ...readNames(found),
      ...(typeof role === 'string' ? { role } : {}),
      scopes: readTexts(found['scopes']),
      ...(typeof ts === 'number' ? { requestedAt: ts } : {}),
    },
  ]
}

function readDevice(found: unknown): readonly PairedDevice[] {
  if (!isRecord(found) || typeof found['deviceId'] !== 'string') return []
  return [
    {
      deviceId: found['deviceId'],
      ...readNames(found),
      roles: readTexts(found['roles']),
      scopes: readTexts(found['scopes']),
    },
  ]
}

function readNames(found: Readonly<Record<string, unknown>>): {
  readonly displayName?: string
  readonly platform?: string
} {
  const { displayName, platform } = found
  return {
    ...(typeof displayName === 'string' ? { displayName } : {}),
    ...(typeof platform === 'string' ? { platform } : {}),
  }
}

function readList(found: unknown, name: string): readonly unknown[] {
  const list = isRecord(found) ? found[name] : undefined
  return Array.isArray(list) ? list : []
}

function readTexts(found: unknown): readonly string[] {
  return Array.isArray(found) ? found.filter((item) => typeof item === 'string') : []
}
