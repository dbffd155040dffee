import { isUtf8 } from 'node:buffer'
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib'
import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import type { AppError } from '#platform/common/errors.ts'
import { httpError } from '#platform/common/http-errors.ts'

/** Most bytes of one request's body, unpacked or not. */
export const mostBodyBytes = 5 * 1024 * 1024
/** Layers of packing one body may have. */
const mostEncodings = 2

const limit = { maxOutputLength: mostBodyBytes }
const ungzip = promisify<Buffer, typeof limit, Buffer>(gunzip)
const unbrotli = promisify<Buffer, typeof limit, Buffer>(brotliDecompress)
const unzlib = promisify<Buffer, typeof limit, Buffer>(inflate)
const unraw = promisify<Buffer, typeof limit, Buffer>(inflateRaw)

/** A zlib header: method 8, and the two bytes a multiple of 31. `deflate` comes with it and, from some clients, without. */
const hasZlibHeader = (body: Buffer): boolean =>
  body.length > 1 && (body[0]! & 15) === 8 && body.readUInt16BE(0) % 31 === 0

const unpackers: Readonly<Record<string, (body: Buffer) => Promise<Buffer>>> = {
  gzip: (body) => ungzip(body, limit),
  'x-gzip': (body) => ungzip(body, limit),
  br: (body) => unbrotli(body, limit),
  deflate: (body) => (hasZlibHeader(body) ? unzlib(body, limit) : unraw(body, limit)),
}

const encodingInvalid = (detail: string): AppError => ingestError('BODY_ENCODING_INVALID', { detail })

async function unpacked(body: Buffer, encoding: string): Promise<Buffer> {
  const unpack = Object.hasOwn(unpackers, encoding) ? unpackers[encoding] : undefined
  if (!unpack)
    throw encodingInvalid(
      'Bodies come plain or with content-encoding gzip, br or deflate; nothing else is read.',
    )
  try {
    return await unpack(body)
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw httpError('BODY_TOO_LARGE', {})
    throw encodingInvalid(`The body is not valid ${encoding}.`)
  }
}

/** Whether bytes look packed with gzip. */
export const isGzip = (bytes: Buffer): boolean => bytes.length > 2 && bytes.readUIntBE(0, 3) === 0x1f8b08

/** Unpacks gzip that came inside of a body, never to more than a body may have. */
export const gunzipInside = (bytes: Buffer): Promise<Buffer> => unpacked(bytes, 'gzip')

/**
 * A request's bytes as they were before packing. Some clients pack without saying so: gzip is seen by its first bytes,
 * with which no text begins.
 */
export async function inflateBody(raw: unknown, encoding: string | undefined): Promise<Buffer> {
  if (!Buffer.isBuffer(raw)) return Buffer.alloc(0)
  const names = (encoding ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity')
  if (names.length > mostEncodings) throw encodingInvalid('The body is packed too many times.')
  if (raw.length === 0) return raw
  if (names.length === 0) return isGzip(raw) ? unpacked(raw, 'gzip') : raw
  let body = raw
  for (const name of names.reverse()) body = await unpacked(body, name)
  return body
}

/** The path of the first text that has a replaced character; not recursive, for the input may be nested without end. */
function pathOfBrokenText(root: unknown): string | undefined {
  const todo: { value: unknown; path: string }[] = [{ value: root, path: '' }]
  for (let seen = 0; todo.length > 0 && seen < 100_000; seen += 1) {
    const { value, path } = todo.pop()!
    if (typeof value === 'string' && value.includes('\ufffd')) return path
    if (typeof value !== 'object' || value === null) continue
    const entries = Object.entries(value).reverse()
    for (const [key, item] of entries)
      if (path.length < 500) todo.push({ value: item, path: path ? `${path}.${key}` : key })
  }
  return undefined
}

function brokenText(body: Buffer): AppError {
  let path: string | undefined
  try {
    path = pathOfBrokenText(JSON.parse(body.toString('utf8')))
  } catch {
    path = undefined
  }
  const where = path === undefined ? 'body' : path.slice(0, 200)
  return ingestError('UTF8_INVALID', { detail: `${where}: the text is not valid UTF-8.` }, [
    { path: where, code: 'UTF8_INVALID', message: 'not valid UTF-8' },
  ])
}

const notJson = (message: string): AppError =>
  httpError('JSON_INVALID', {}, [{ path: 'body', code: 'JSON_INVALID', message }])

/** The engine's message would repeat the text; only the place may be told. */
function brokenJson(error: unknown): AppError {
  const at = /position (\d+)/.exec(String((error as Error).message))?.[1]
  return notJson(at ? `it breaks at character ${at}` : 'it breaks off')
}

/** Bytes as text; an error that says where it is no UTF-8. */
export function readText(body: Buffer): string {
  if (!isUtf8(body)) throw brokenText(body)
  const text = body.toString('utf8')
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

/** Bytes as JSON of whatever kind; an error that says where it breaks. */
export function readJson(body: Buffer): unknown {
  if (body.length === 0) throw notJson('it is empty')
  const text = readText(body)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw brokenJson(error)
  }
}

/** A value as a JSON object, or an error for the whole body. */
export function objectBody(parsed: unknown): Record<string, unknown> {
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
    return parsed as Record<string, unknown>
  throw ingestError('FIELD_TYPE', { detail: 'body: must be a JSON object' }, [
    { path: 'body', code: 'FIELD_TYPE', message: 'must be a JSON object' },
  ])
}
