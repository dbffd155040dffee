/** What a value says of a person or of a card, whatever its name is. */
export type ValueClass = 'authentication' | 'identifier'

/** Card issuers' prefixes with their lengths; the Luhn digit decides besides. */
const cardPatterns =
  /^(?:62\d{14,17}|4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|35(?:2[89]|[3-8]\d)\d{12}|3(?:0[0-5]|[689]\d)\d{11}|6(?:011|4[4-9]\d|5\d\d)\d{12}|9558\d{15}|95599\d{14}|60138\d{11}|(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{12}(?:\d{2,3})?)$/

/** The check digit of ISO/IEC 7812: every second digit from the right counts twice. */
export function hasLuhnDigit(digits: string): boolean {
  let sum = 0
  for (let index = digits.length - 1, isDoubled = false; index >= 0; index -= 1, isDoubled = !isDoubled) {
    const digit = digits.charCodeAt(index) - 48
    sum += isDoubled ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit
  }
  return sum % 10 === 0
}

/** Whether digits are a payment card's number: a known prefix with its lengths, and the Luhn digit is right. */
export const isCardNumber = (digits: string): boolean => cardPatterns.test(digits) && hasLuhnDigit(digits)

const regions = new Set(
  [11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54]
    .concat([61, 62, 63, 64, 65, 71, 81, 82, 83])
    .map(String),
)

function isBirthDate(year: number, month: number, day: number): boolean {
  if (year < 1880 || year > 2050) return false
  const date = new Date(Date.UTC(year, month - 1, day))
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}

const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]

/** A mainland national id of 18 characters: region, birth date, and the check character of GB 11643. */
export function isNationalId(text: string): boolean {
  if (text.length !== 18 || !regions.has(text.slice(0, 2))) return false
  if (!isBirthDate(Number(text.slice(6, 10)), Number(text.slice(10, 12)), Number(text.slice(12, 14))))
    return false
  let sum = 0
  for (let index = 0; index < 17; index += 1) sum += (text.charCodeAt(index) - 48) * (weights[index] ?? 0)
  return '10X98765432'[sum % 11] === text[17]?.toUpperCase()
}

/** The form of 15 digits until 1999. It has no check digit, so only a whole text that is one counts. */
const isOldNationalId = (text: string): boolean =>
  regions.has(text.slice(0, 2)) &&
  isBirthDate(1900 + Number(text.slice(6, 8)), Number(text.slice(8, 10)), Number(text.slice(10, 12)))

const isMobile = (digits: string): boolean => /^(?:(?:00)?86)?1[3-9]\d{9}$/.test(digits)

/** One number without separators; `isWhole` when the text is nothing else. */
function classOfDigits(digits: string, isWhole: boolean): ValueClass | undefined {
  const { length } = digits
  if (length === 11 || length === 13 || length === 15) {
    if (isMobile(digits)) return 'identifier'
    if (length === 11) return undefined
  }
  // A national id may pass as a card by chance, a card as a national id hardly ever.
  if (length === 18 && isNationalId(digits)) return 'identifier'
  if (length >= 13 && length <= 19 && /^\d+$/.test(digits) && isCardNumber(digits)) return 'authentication'
  return length === 15 && isWhole && isOldNationalId(digits) ? 'identifier' : undefined
}

// Magnetic tracks: 1 "%B number ^ name ^ year month …", 2 "; number = year month …"; either may have lost its sentinel.
const tracks = /B\d{12,19}\^[^^]{2,26}\^\d{4}|;\d{12,19}[=D]\d{4}/i

// Digits, each pair with at most two separators between them: whatever is no number of a person or card has fewer than 11.
const separators = '[ .\\-\\u00a0\\u2010-\\u2015\\u3000]'
const digitRuns = new RegExp(`\\+?\\d(?:${separators}{0,2}\\d){10,}[Xx]?`, 'g')
const separator = new RegExp(separators)
const fullWidth = /[\uff10-\uff19]/g

type Found = { start: number; end: number; valueClass: ValueClass }

/** Usual ways to group a number: 6222 0212 3456 7890 123, 3782 822463 10005, 622202 1234567890123, 138 0013 8000. */
const groupings = [
  /^(?:4,){3}[1-4]$/,
  /^(?:4,){4}[1-3]$/,
  /^4,6,[45]$/,
  /^6,1[0-3]$/,
  /^6,8,4$/,
  /^6,4,4,4$/,
  /^(?:86,)?3,4,4$/,
  /^86,11$/,
  /^2,11$/,
  /^2,3,4,4$/,
]
const mostGroups = 5

/** Looks for a number written in groups among the groups of a run. */
function findGrouped(run: string, start: number, isWhole: boolean, into: Found[]): void {
  const groups = [...run.matchAll(/\d+[Xx]?/g)]
  for (let first = 0; first < groups.length; first += 1) {
    for (let last = Math.min(groups.length, first + mostGroups) - 1; last > first; last -= 1) {
      const some = groups.slice(first, last + 1)
      const isUsual = groupings.some((one) => one.test(some.map((group) => group[0].length).join(',')))
      if (!isUsual && !(isWhole && first === 0 && last === groups.length - 1)) continue
      const valueClass = classOfDigits(some.map((group) => group[0]).join(''), false)
      if (!valueClass) continue
      const end = groups[last]!.index + groups[last]![0].length
      into.push({ start: start + groups[first]!.index, end: start + end, valueClass })
      first = last
      break
    }
    // A group may also be a whole number of its own.
    const alone = groups[first]
    const valueClass = alone && alone[0].length >= 11 && classOfDigits(alone[0], false)
    if (alone && valueClass && into.at(-1)?.end !== start + alone.index + alone[0].length)
      into.push({ start: start + alone.index, end: start + alone.index + alone[0].length, valueClass })
  }
}

function findNumbers(text: string): Found[] {
  const found: Found[] = []
  for (const match of text.matchAll(digitRuns)) {
    const run = match[0]
    const isWhole = run.length === text.length
    if (separator.test(run)) {
      // 13800138000.00 and 1.13800138000 are amounts.
      if (/^\+?\d+\.\d+$/.test(run)) continue
      findGrouped(run, match.index, isWhole, found)
      continue
    }
    const digits = run.startsWith('+') ? run.slice(1) : run
    const plain = /[Xx]$/.test(digits) && digits.length !== 18 ? digits.slice(0, -1) : digits
    const valueClass = classOfDigits(plain, isWhole)
    if (valueClass) found.push({ start: match.index, end: match.index + run.length, valueClass })
  }
  return found
}

/** Whether a text has that many digits with at most two other characters between them; any full-width digit counts as all. */
function hasDigits(text: string, needed: number): boolean {
  let run = 0
  let gap = 0
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code >= 48 && code <= 57) {
      run += 1
      gap = 0
      if (run === needed) return true
    } else if (code >= 0xff10 && code <= 0xff19) return true
    else {
      gap += 1
      if (gap > 2) run = 0
    }
  }
  return false
}

/** Whether a text can have such a number in it at all: nearly none can, and this look is cheap. */
export const mayHoldNumbers = (text: string): boolean => text.length >= 11 && hasDigits(text, 11)

/** The same for the numbers of cards only: ids are asked this. */
export const mayHoldCards = (text: string): boolean => text.length >= 13 && hasDigits(text, 13)

const none: readonly Found[] = []

function find(text: string): { plain: string; found: readonly Found[] } {
  if (!mayHoldNumbers(text)) return { plain: text, found: none }
  const plain = fullWidth.test(text)
    ? text.replace(fullWidth, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xff10 + 48))
    : text
  if (tracks.test(plain))
    return { plain, found: [{ start: 0, end: plain.length, valueClass: 'authentication' }] }
  return { plain, found: findNumbers(plain) }
}

/** What stands in a text: authentication data anywhere in it outweighs identifiers. */
export function classOfValue(text: string): ValueClass | undefined {
  const { found } = find(text)
  if (found.length === 0) return undefined
  return found.some((one) => one.valueClass === 'authentication') ? 'authentication' : 'identifier'
}

/** The same for a JSON number; fractions are amounts. */
export function classOfNumber(value: number): ValueClass | undefined {
  if (value < 1e10 || value >= 1e20 || !Number.isInteger(value)) return undefined
  return classOfDigits(BigInt(value).toString(), false)
}

/** A text without the numbers of persons and cards in it; undefined when nothing else is left. */
export function withoutNumbers(text: string): { text: string | undefined; removed: number } {
  const { plain, found } = find(text)
  if (found.length === 0) return { text, removed: 0 }
  let kept = ''
  let at = 0
  for (const { start, end } of found) {
    kept += `${plain.slice(at, start)}*`
    at = end
  }
  kept += plain.slice(at)
  return { text: /^[*\s+]*$/.test(kept) ? undefined : kept, removed: found.length }
}
