import type { Definition, Difference, Place, Property } from '#features/plan/common/plan.ts'

const shown = (value: unknown): string | null => {
  if (value === undefined || value === null || value === '') return null
  if (Array.isArray(value)) return value.join(', ')
  return String(value)
}

const change = (path: string, before: unknown, after: unknown, isStricter = false): Difference[] => {
  const [left, right] = [shown(before), shown(after)]
  if (left === right) return []
  return [{ path, kind: 'changed', before: left, after: right, isStricter }]
}

/** Types whose every text is also one of the other. */
const wider: { readonly [T in Property['type']]?: readonly Property['type'][] } = {
  integer: ['number', 'string'],
  number: ['string'],
  boolean: ['string'],
  date: ['string'],
  datetime: ['string'],
  enum: ['string'],
  array: ['string'],
}

const isNarrower = (before: readonly string[] | undefined, after: readonly string[] | undefined): boolean =>
  after !== undefined && (before === undefined || before.some((value) => !after.includes(value)))

function diffProperty(before: Property, after: Property): Difference[] {
  const path = `properties.${after.name}`
  const isTypeStricter = before.type !== after.type && !wider[before.type]?.includes(after.type)
  return [
    ...change(`${path}.type`, before.type, after.type, isTypeStricter),
    ...change(`${path}.required`, before.required, after.required, after.required && !before.required),
    ...change(`${path}.class`, before.class, after.class, after.class === 'identifier'),
    ...change(`${path}.values`, before.values, after.values, isNarrower(before.values, after.values)),
    ...change(`${path}.pattern`, before.pattern, after.pattern, after.pattern !== undefined),
    ...change(
      `${path}.maxLength`,
      before.maxLength,
      after.maxLength,
      (after.maxLength ?? Number.POSITIVE_INFINITY) < (before.maxLength ?? Number.POSITIVE_INFINITY),
    ),
    ...change(`${path}.example`, before.example, after.example),
    ...change(`${path}.description`, before.description, after.description),
  ]
}

const describeProperty = (property: Property): string =>
  [property.type, property.required ? 'required' : 'optional', property.class].join(' · ')

function diffProperties(before: readonly Property[], after: readonly Property[]): Difference[] {
  const old = new Map(before.map((property) => [property.name, property]))
  const names = new Set(after.map((property) => property.name))
  const changed = after.flatMap((property): Difference[] => {
    const was = old.get(property.name)
    if (was) return diffProperty(was, property)
    const isStricter = property.required || property.class === 'identifier'
    // A property that came without being declared may have had any value.
    const mayRefuse = isStricter || property.type !== 'string' || property.pattern !== undefined
    const path = `properties.${property.name}`
    return [{ path, kind: 'added', before: null, after: describeProperty(property), isStricter: mayRefuse }]
  })
  const removed = before.flatMap((property): Difference[] =>
    names.has(property.name)
      ? []
      : [
          {
            path: `properties.${property.name}`,
            kind: 'removed',
            before: describeProperty(property),
            after: null,
            isStricter: false,
          },
        ],
  )
  const order = (list: readonly Property[], others: ReadonlySet<string>) =>
    list.filter((one) => others.has(one.name)).map((one) => one.name)
  const moved = change('properties', order(before, names), order(after, new Set(old.keys())))
  return [...changed, ...removed, ...moved]
}

const placeText = (place: Place): string =>
  place.page === undefined ? place.space : `${place.space} / ${place.page}`

function diffPlaces(before: readonly Place[], after: readonly Place[]): Difference[] {
  const [left, right] = [before.map(placeText), after.map(placeText)]
  const line = (kind: 'added' | 'removed', place: string): Difference => ({
    path: 'places',
    kind,
    before: kind === 'removed' ? place : null,
    after: kind === 'added' ? place : null,
    isStricter: false,
  })
  return [
    ...right.filter((place) => !left.includes(place)).map((place) => line('added', place)),
    ...left.filter((place) => !right.includes(place)).map((place) => line('removed', place)),
  ]
}

/** What changed between two versions, one line each, with those marked that may make right messages wrong. */
export function diffDefinitions(before: Definition | null, after: Definition): Difference[] {
  const old: Definition = before ?? {
    name: { zh: '', en: '' },
    description: '',
    owner: '',
    properties: [],
    places: [],
  }
  return [
    ...change('name.zh', old.name.zh, after.name.zh),
    ...change('name.en', old.name.en, after.name.en),
    ...change('description', old.description, after.description),
    ...change('owner', old.owner, after.owner),
    ...diffProperties(old.properties, after.properties),
    ...diffPlaces(old.places, after.places),
  ]
}
