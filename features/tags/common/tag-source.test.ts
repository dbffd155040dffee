import { expect, test } from 'vitest'
import { checkSourceOfType, TagSource, type TagType } from '#features/tags/common/tag-source.ts'

/** Places and words of everything that is wrong with a source of that type. */
function problems(source: unknown, type: TagType): string[] {
  const parsed = TagSource.safeParse(source)
  if (!parsed.success)
    return parsed.error.issues.map((issue) => `source.${issue.path.join('.')}`.replace(/\.$/, ''))
  const found: string[] = []
  checkSourceOfType(parsed.data, type, (path) => found.push(path.join('.')))
  return found
}

const rule = { all: [] }
const machine = (transitions: object[], more: object = {}) => ({
  lifecycle: { initial: 'new', transitions, ...more },
})

test.each<[unknown, TagType]>([
  [{ attribute: 'job' }, 'enum'],
  [{ rule }, 'bool'],
  [{ event: 'e', agg: 'streak', within: { days: 30 } }, 'number'],
  [{ event: 'e', agg: 'top', prop: 'city', rank: 2 }, 'enum'],
  [{ event: 'e', agg: 'last' }, 'date'],
  [{ balance: 'aum', stat: 'last' }, 'number'],
  [{ balance: 'fund', stat: 'change', days: 30, currency: 'USD' }, 'number'],
  [{ holding: { family: 'wealth' }, stat: 'has' }, 'bool'],
  [{ holding: {}, stat: 'maturing', days: 7 }, 'number'],
  [{ bands: { tag: 'aum', cuts: [1, 2], labels: ['a', 'b', 'c'] } }, 'enum'],
  [{ cases: [{ value: '1.5', rule }], else: '-2' }, 'number'],
  [
    machine(
      [
        { from: ['new'], to: 'a', when: rule },
        { from: ['a'], to: 'new', when: rule },
      ],
      { settle: true },
    ),
    'enum',
  ],
  [{ rfm: { event: 'e', part: 'recency' } }, 'number'],
  [{ rfm: { event: 'e', prop: 'amount', part: 'cell', groups: 3 } }, 'enum'],
  [{ sql: 'SELECT 1' }, 'date'],
  [{ model: 'm' }, 'number'],
  [{ list: 'l' }, 'bool'],
])('%j gives a %s', (source, type) => expect(problems(source, type)).toEqual([]))

test.each<[unknown, TagType, string[]]>([
  [null, 'enum', ['source']],
  [{ nothing: 1 }, 'enum', ['source']],
  [{ attribute: 'a', more: 1 }, 'enum', ['source']],
  [{ rule }, 'number', ['type']],
  [{ rule: { tag: 'x', is: '??' } }, 'bool', ['source.rule.is']],
  [{ event: 'e', agg: 'top' }, 'enum', ['source.prop']],
  [{ event: 'e', agg: 'count', rank: 2 }, 'number', ['source.rank']],
  [{ event: 'e', agg: 'days' }, 'date', ['type']],
  [{ event: 'e', agg: 'median' }, 'number', ['source.agg']],
  [{ balance: 'aum', stat: 'average' }, 'number', ['source.days']],
  [{ balance: 'aum', stat: 'last', days: 3 }, 'number', ['source.days']],
  [{ balance: 'aum', stat: 'last' }, 'enum', ['type']],
  [{ holding: {}, stat: 'maturing' }, 'number', ['source.days']],
  [{ holding: {}, stat: 'nextMaturity' }, 'number', ['type']],
  [
    { bands: { tag: 'a', cuts: [2, 2], labels: ['a', 'b'] } },
    'enum',
    ['source.bands.cuts', 'source.bands.labels'],
  ],
  [{ cases: [{ value: 'x', rule }], else: '2026-02-30' }, 'date', ['source.cases.0.value', 'source.else']],
  [{ cases: [] }, 'enum', ['source.cases']],
  [machine([{ from: ['old'], to: 'older', when: rule }]), 'enum', ['source.lifecycle.transitions']],
  [
    machine([{ from: ['new'], to: 'a', when: { tag: 1 } }]),
    'enum',
    ['source.lifecycle.transitions.0.when.tag', 'source.lifecycle.transitions.0.when.is'],
  ],
  [{ rfm: { event: 'e', part: 'cell' } }, 'enum', ['source.rfm.prop']],
  [{ rfm: { event: 'e', prop: 'a', part: 'cell', groups: 10 } }, 'enum', ['source.rfm.groups']],
  [{ model: 'm' }, 'enum', ['type']],
  [{ event: 'e', agg: 'count', within: { days: 0 } }, 'number', ['source.within.days']],
])('%j as a %s is refused at %j', (source, type, paths) => expect(problems(source, type)).toEqual(paths))
