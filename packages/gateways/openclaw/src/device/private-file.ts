import { randomUUID } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  type Stats,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { PincerError } from '@pincer/protocol'
import { readCode } from '../connection/wire-error.ts'

const ownerReadsAndWrites = 0o600
const ownerOnly = 0o700
const othersMask = 0o077
const largestBytes = 65_536

/**
 * Reads a file that only its owner may read; `undefined` where there is none.
 *
 * @throws PincerError `invalid_option` where others may read it, it is a link, belongs to somebody else, or is no small file.
 */
export function readPrivateFile(path: string): string | undefined {
  let file: number
  try {
    // A link could point at another person's file, or be turned to one after it was looked at.
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    const code = readCode(error)
    if (code === 'ENOENT') return undefined
    throw refuse(
      path,
      code === 'ELOOP'
        ? 'is a symbolic link; name the file itself'
        : 'could not be read; check its permissions',
    )
  }
  try {
    const found = fstatSync(file)
    check(path, found)
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}

/**
 * Makes a file that only its owner may read, whole or not at all.
 *
 * @returns false where there is one already, which is left as it is.
 */
export function createPrivateFile(path: string, content: string): boolean {
  return writeAside(path, content, (aside) => {
    try {
      linkSync(aside, path)
      return true
    } catch (error) {
      if (readCode(error) === 'EEXIST') return false
      throw error
    }
  })
}

/** Writes a file that only its owner may read; readers see the old content or the new one. */
export function replacePrivateFile(path: string, content: string): void {
  writeAside(path, content, (aside) => {
    renameSync(aside, path)
    return true
  })
}

/** Removes the file, where there is one. */
export function removePrivateFile(path: string): void {
  rmSync(path, { force: true })
}

function writeAside(path: string, content: string, place: (aside: string) => boolean): boolean {
  const aside = `${path}.${randomUUID()}.tmp`
  try {
    makeFolder(dirname(path))
    const file = openSync(aside, 'wx', ownerReadsAndWrites)
    try {
      writeFileSync(file, content)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    return place(aside)
  } catch (error) {
    if (PincerError.isInstance(error)) throw error
    throw refuse(path, `could not be written (${readCode(error) ?? 'unknown'}); name a file that can be`)
  } finally {
    rmSync(aside, { force: true })
  }
}

// A folder that was there before keeps its own mode; but where anybody may write, anybody may put another key in.
function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: ownerOnly })
  const { mode } = statSync(folder)
  const isOpen = (mode & 0o022) !== 0
  const isSticky = (mode & 0o1000) !== 0
  if (process.platform !== 'win32' && isOpen && !isSticky) {
    throw refuse(folder, 'can be written by others; run `chmod go-w` on it, or name another folder')
  }
}

function check(path: string, found: Stats): void {
  if (!found.isFile()) throw refuse(path, 'is no file; name another one')
  if (found.size > largestBytes) throw refuse(path, 'is too large for a key; name another file')
  // Windows has no such bits, and keeps the folder of a user from others by itself.
  if (process.platform === 'win32') return
  if ((found.mode & othersMask) !== 0) {
    throw refuse(path, 'can be read by others; run `chmod 600` on it, and have the device paired anew')
  }
  if (process.getuid !== undefined && found.uid !== process.getuid() && process.getuid() !== 0) {
    throw refuse(path, 'belongs to somebody else; name a file of your own')
  }
}

function refuse(path: string, message: string): PincerError {
  return new PincerError('invalid_option', `${path}: ${message}`)
}
