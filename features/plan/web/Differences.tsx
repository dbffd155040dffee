import { Flex, Tag, Tooltip } from 'antd'
import { usePick, useText } from '#platform/web/text.ts'
import type { Difference } from '../common/plan.ts'
import { classNames, kindNames, partNames, planText, typeNames } from './plan-text.ts'

/** What changed, a line each; what may make right messages wrong is marked. */
export function Differences({ items }: { items: readonly Difference[] }) {
  const t = useText(planText)
  const pick = usePick()
  const describe = useValueWords()
  if (items.length === 0) return <span className="quiet">{t.noDifferences}</span>
  return (
    <ul className="plan-differences">
      {items.map((item) => (
        <li key={`${item.path} ${item.kind} ${item.before} ${item.after}`}>
          <Flex gap={6} wrap align="baseline">
            <span className="quiet">{pick(kindNames[item.kind])}</span>
            <PartName item={item} />
            {item.before !== null && <del>{describe(item, item.before)}</del>}
            {item.before !== null && item.after !== null && '→'}
            {item.after !== null && <ins>{describe(item, item.after)}</ins>}
            {item.isStricter && (
              <Tooltip title={t.stricterHint}>
                <Tag color="warning">{t.stricter}</Tag>
              </Tooltip>
            )}
          </Flex>
        </li>
      ))}
    </ul>
  )
}

/** Words for codes that stand as values. */
function useValueWords(): (item: Difference, value: string) => string {
  const pick = usePick()
  const t = useText(planText)
  const said = new Map<string, string>([
    ...Object.entries(typeNames).map(([name, pair]): [string, string] => [name, pick(pair)]),
    ...Object.entries(classNames).map(([name, pair]): [string, string] => [name, pick(pair)]),
    ['true', t.required],
    ['false', t.optional],
    ['required', t.required],
    ['optional', t.optional],
  ])
  const word = (text: string) => said.get(text) ?? text
  return (item, value) => {
    if (item.kind === 'changed')
      return /^properties\..+\.(type|class|required)$/.test(item.path) ? word(value) : value
    return item.path === 'places' ? value : value.split(' · ').map(word).join(' · ')
  }
}

function PartName({ item: { path, kind } }: { item: Difference }) {
  const pick = usePick()
  const known = partNames[path]
  if (known) return <span>{pick(known)}</span>
  const last = path.slice(path.lastIndexOf('.') + 1)
  const part = partNames[last]
  const name = path.replace(/^properties\./, '')
  return part && kind === 'changed' && name.includes('.') ? (
    <span>
      <code>{name.slice(0, name.lastIndexOf('.'))}</code> {pick(part)}
    </span>
  ) : (
    <code>{name}</code>
  )
}
