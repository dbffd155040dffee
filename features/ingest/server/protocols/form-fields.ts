import { ingestError } from '#features/ingest/common/ingest-errors.ts'

const mostPairs = 200

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw ingestError('BODY_ENCODING_INVALID', { detail: 'The form has a broken % in it.' })
  }
}

/** The named fields of a URL-encoded form, each by its first value. A form of many thousand fields is never built. */
export function formFields(text: string, names: readonly string[]): Record<string, string | undefined> {
  const fields: Record<string, string | undefined> = {}
  let from = 0
  for (let seen = 0; from <= text.length; seen += 1) {
    if (seen >= mostPairs)
      throw ingestError('BODY_ENCODING_INVALID', { detail: 'The form has too many fields.' })
    const next = text.indexOf('&', from)
    const end = next < 0 ? text.length : next
    const equals = text.indexOf('=', from)
    const nameEnd = equals < 0 || equals > end ? end : equals
    const name = nameEnd - from < 100 ? decoded(text.slice(from, nameEnd)) : ''
    if (names.includes(name) && fields[name] === undefined)
      fields[name] = decoded(text.slice(nameEnd + 1, end))
    from = end + 1
  }
  return fields
}
