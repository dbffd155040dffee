const canonical = /^[+-]?\d+(?:\.\d+)?$/

/**
 * Compiles a reader of decimal numbers as a file writes them: "1.234,50" gives "1234.50". Undefined for anything else,
 * so a sign between thousands that stands in a wrong place is no number.
 */
export function createNumberParser(
  decimal: '.' | ',',
  thousands?: string,
): (text: string) => string | undefined {
  const escaped = thousands?.replace(/[.]/, '\\.')
  const grouped =
    escaped === undefined
      ? undefined
      : new RegExp(`^[+-]?\\d{1,3}(?:${escaped}\\d{3})+(?:\\${decimal}\\d+)?$`)
  return (text) => {
    let plain = text
    if (thousands && grouped && plain.includes(thousands)) {
      if (!grouped.test(plain)) return undefined
      plain = plain.replaceAll(thousands, '')
    }
    if (decimal === ',') {
      if (plain.includes('.')) return undefined
      plain = plain.replace(',', '.')
    }
    if (!canonical.test(plain)) return undefined
    return plain.startsWith('+') ? plain.slice(1) : plain
  }
}

const yes = new Set(['1', 'true', 'yes', 'y', 't', '是'])
const no = new Set(['0', 'false', 'no', 'n', 'f', '否'])

/** Yes or no as files write it; undefined for anything else. */
export function parseYesNo(text: string): boolean | undefined {
  const plain = text.toLowerCase()
  if (yes.has(plain)) return true
  return no.has(plain) ? false : undefined
}
