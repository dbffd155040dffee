/** What a definition names, however deep it stands. */
export type Named = {
  tags: Set<string>
  segments: Set<string>
  events: Set<string>
  /** Event and property together, as `event.property`. */
  properties: Set<string>
  attributes: Set<string>
  balances: Set<string>
  holdings: Set<string>
  lists: Set<string>
  models: Set<string>
}

type Found = Record<string, unknown>
const isObject = (value: unknown): value is Found => typeof value === 'object' && value !== null
const isText = (value: unknown): value is string => typeof value === 'string'

/** Properties an event condition or statistic reads. */
function addEvent(event: string, node: Found, named: Named): void {
  named.events.add(event)
  const conditions = Array.isArray(node.where) ? node.where : []
  const props = [...conditions.map((one: unknown) => (isObject(one) ? one.prop : undefined)), node.prop]
  if (isObject(node.sum)) props.push(node.sum.prop)
  for (const prop of props) if (isText(prop)) named.properties.add(`${event}.${prop}`)
}

const texts = {
  tag: 'tags',
  segment: 'segments',
  attribute: 'attributes',
  balance: 'balances',
  list: 'lists',
  model: 'models',
} as const

function visit(value: unknown, named: Named): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, named)
    return
  }
  if (!isObject(value)) return
  for (const [field, kind] of Object.entries(texts)) {
    const key = value[field]
    if (isText(key)) named[kind].add(key)
  }
  const event = value.did ?? value.event
  if (isText(event)) addEvent(event, value, named)
  if (isObject(value.holding)) {
    const { family, product } = value.holding
    named.holdings.add([family, product].filter(isText).join(' ') || '*')
  }
  for (const item of Object.values(value)) visit(item, named)
}

/** Everything a tag's source, a rule or any other definition names. SQL names nothing this can read. */
export function namedIn(definition: unknown): Named {
  const named: Named = {
    tags: new Set(),
    segments: new Set(),
    events: new Set(),
    properties: new Set(),
    attributes: new Set(),
    balances: new Set(),
    holdings: new Set(),
    lists: new Set(),
    models: new Set(),
  }
  visit(definition, named)
  return named
}
