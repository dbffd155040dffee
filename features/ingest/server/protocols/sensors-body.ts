import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import { formFields } from '#features/ingest/server/protocols/form-fields.ts'
import { gunzipInside, readJson, readText } from '#features/ingest/server/read-body.ts'

export type SensorsFields = Readonly<Record<string, string | undefined>>

const names = ['data', 'data_list', 'gzip', 'crc', 'ext', 'token', 'project']

/** Java's String.hashCode of a text, signed, as the clients compute it. */
export function crcOf(text: string): number {
  let crc = 0
  for (let index = 0; index < text.length; index += 1) crc = (Math.imul(crc, 31) + text.charCodeAt(index)) | 0
  return crc
}

const fieldsError = (
  code: 'FIELD_MISSING' | 'BODY_ENCODING_INVALID' | 'CHECKSUM_WRONG' | 'BODY_ENCRYPTED',
  detail: string,
) => ingestError(code, { detail })

/** What was sent, or computed: `crc=…` beside the data, or inside of `ext`. */
function crcSent(fields: SensorsFields): number | undefined {
  const text = fields.crc ?? /(?:^|&)crc=(-?\d+)/.exec(fields.ext ?? '')?.[1]
  return text === undefined || !/^-?\d{1,11}$/.test(text) ? undefined : Number(text)
}

const base64 = /^[A-Za-z0-9+/_-]*={0,2}$/

/** The events of a request: of `data` one, of `data_list` many. Undefined when it has neither: a health check. */
export async function sensorsEvents(fields: SensorsFields): Promise<unknown[] | undefined> {
  if (fields.data === undefined && fields.data_list === undefined) return undefined
  if (fields.gzip === '9')
    throw fieldsError(
      'BODY_ENCRYPTED',
      'gzip=9: encrypted events cannot be read; switch encryption off in the client.',
    )
  // A client that doesn't encode base64 for the form loses its pluses to spaces.
  const text = (fields.data_list ?? fields.data ?? '').trim().replaceAll(' ', '+')
  if (!base64.test(text)) throw fieldsError('BODY_ENCODING_INVALID', 'data is not valid base64.')
  const crc = crcSent(fields)
  if (crc !== undefined && crc !== crcOf(text))
    throw fieldsError('CHECKSUM_WRONG', 'crc does not fit the data: it was cut or changed on its way.')
  const bytes = Buffer.from(text, 'base64')
  const parsed = readJson(fields.gzip === '1' ? await gunzipInside(bytes) : bytes)
  return Array.isArray(parsed) ? parsed : [parsed]
}

/** The fields of a body: a form, whatever content type it is sent with, or the JSON itself. */
export async function sensorsBody(
  body: Buffer,
): Promise<{ fields: SensorsFields } | { fields: SensorsFields; events: unknown[] }> {
  const text = readText(body)
  if (/^\s*[[{]/.test(text.slice(0, 20))) {
    const parsed = readJson(body)
    return { fields: {}, events: Array.isArray(parsed) ? parsed : [parsed] }
  }
  return { fields: formFields(text, names) }
}
