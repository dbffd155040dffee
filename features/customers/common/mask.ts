/** Kinds of direct identifiers, and unique ids of other systems. They are stored encrypted and shown masked only. */
export const identityKinds = [
  'name',
  'phone',
  'national_id',
  'card',
  'address',
  'email',
  'open_id',
  'union_id',
  'external_user_id',
] as const
export type IdentityKind = (typeof identityKinds)[number]

const kindByName: ReadonlyMap<string, IdentityKind> = new Map([
  ...identityKinds.map((kind) => [kind.replaceAll('_', ''), kind] as const),
  ['fullname', 'name'],
  ['customername', 'name'],
  ['firstname', 'name'],
  ['lastname', 'name'],
  ['mobile', 'phone'],
  ['mobilephone', 'phone'],
  ['phonenumber', 'phone'],
  ['telephone', 'phone'],
  ['idno', 'national_id'],
  ['idcard', 'national_id'],
  ['idnumber', 'national_id'],
  ['cardno', 'card'],
  ['cardnumber', 'card'],
  ['bankcard', 'card'],
])

/** These kinds are numbers: `card: gold` or `phone: yes` is no identifier. */
const numericKinds: ReadonlySet<IdentityKind> = new Set(['phone', 'national_id', 'card'])
const hasManyDigits = (text: string): boolean => (text.normalize('NFKC').match(/\d/g)?.length ?? 0) >= 6

/** The kind of identifier an attribute is by its name (`phone`, `idNumber`, `address.city`), or undefined. */
export function identityKindOf(attribute: string, value: string): IdentityKind | undefined {
  const kind = kindByName.get((attribute.split('.')[0] ?? '').toLowerCase().replace(/[^a-z]/g, ''))
  return kind && numericKinds.has(kind) && !hasManyDigits(value) ? undefined : kind
}

const maskName = (name: string): string => {
  const first = name.codePointAt(0)
  return `${first === undefined ? '' : String.fromCodePoint(first)}**`
}

const maskPhone = (phone: string): string => {
  const digits = phone
    .normalize('NFKC')
    .replace(/\D/g, '')
    .replace(/^(?:00)?86(?=1\d{10}$)/, '')
  if (digits.length === 11) return `${digits.slice(0, 3)}****${digits.slice(-4)}`
  return `****${lastOf(digits, 4)}`
}

/** A short text would be given away by its end: at most a third of it is shown. */
const lastOf = (text: string, most: number): string => {
  const count = Math.min(most, Math.floor(text.length / 3))
  return count === 0 ? '' : text.slice(-count)
}

/** An identifier as people without a reason see it: 张**, 138****1234, last four, last two. */
export function maskIdentifier(kind: string, text: string): string {
  const trimmed = text.trim()
  if (kind === 'name') return maskName(trimmed)
  if (kind === 'phone') return maskPhone(trimmed)
  if (kind === 'national_id' || kind === 'card') return `****${lastOf(trimmed.replace(/[\s-]/g, ''), 4)}`
  return `**${lastOf(trimmed, 2)}`
}
