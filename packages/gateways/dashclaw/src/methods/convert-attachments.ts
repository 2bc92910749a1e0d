import { isFields } from '../request/invalid-input.ts'
import type { Fields } from './method.ts'

/** Writes the bytes of a message's attachments as base64; what is text already stays what it is. */
export function convertAttachments(fields: Fields): Fields {
  const { attachments } = fields
  if (!Array.isArray(attachments)) return fields
  return {
    ...fields,
    attachments: attachments.map((attachment: unknown) =>
      isFields(attachment) && attachment['data'] instanceof Uint8Array
        ? { ...attachment, data: Buffer.from(attachment['data']).toString('base64') }
        : attachment,
    ),
  }
}
