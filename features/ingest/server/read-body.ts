import { isUtf8 } from 'node:buffer'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import type { AppError } from '#platform/common/errors.ts'
import { httpError } from '#platform/common/http-errors.ts'

/** Most bytes of one request's body, unpacked or not. */
export const mostBodyBytes = 5 * 1024 * 1024

const unpack = promisify(gunzip)

async function unpacked(body: Buffer, encoding: string): Promise<Buffer> {
  if (encoding !== 'gzip')
    throw ingestError('BODY_ENCODING_INVALID', { detail: 'Bodies come plain or with content-encoding gzip.' })
  try {
    return await unpack(body, { maxOutputLength: mostBodyBytes })
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw httpError('BODY_TOO_LARGE', {})
    throw ingestError('BODY_ENCODING_INVALID', { detail: 'The body is not valid gzip.' })
  }
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

/** A request's body as JSON: an object, or an error that says what is wrong with it. */
export async function readBody(raw: unknown, encoding: string | undefined): Promise<Record<string, unknown>> {
  if (!Buffer.isBuffer(raw) || raw.length === 0) throw notJson('it is empty')
  const body = encoding && encoding !== 'identity' ? await unpacked(raw, encoding) : raw
  if (!isUtf8(body)) throw brokenText(body)
  const text = body.toString('utf8')
  let parsed: unknown
  try {
    parsed = JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)
  } catch (error) {
    throw brokenJson(error)
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
    return parsed as Record<string, unknown>
  throw ingestError('FIELD_TYPE', { detail: 'body: must be a JSON object' }, [
    { path: 'body', code: 'FIELD_TYPE', message: 'must be a JSON object' },
  ])
}
