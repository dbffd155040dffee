import { Menu, type MenuProps } from 'antd'
import { Link, useLocation } from 'react-router'
import { centres, type MenuEntry } from '#platform/web/feature.ts'
import { usePick, useText } from '#platform/web/text.ts'
import { centreNames } from './centres.ts'
import { frameText } from './frame-text.ts'

/** Pages this person may use, grouped by centre; a centre without any is not shown. */
export function SideNavigation({ menu }: { menu: readonly MenuEntry[] }) {
  const t = useText(frameText)
  const pick = usePick()
  const { pathname } = useLocation()
  // The longest address wins: a page below another entry's address belongs to its own entry.
  const current = menu
    .filter(({ path }) => pathname === path || pathname.startsWith(`${path}/`))
    .sort((one, other) => other.path.length - one.path.length)[0]
  const itemOf = (entry: MenuEntry) => ({
    key: entry.path,
    icon: <entry.icon />,
    label: <Link to={entry.path}>{pick(entry.label)}</Link>,
  })
  const items = centres.flatMap((centre): NonNullable<MenuProps['items']> => {
    const entries = menu.filter((entry) => entry.centre === centre)
    if (entries.length === 0) return []
    if (centre === 'home') return entries.map(itemOf)
    return [
      {
        type: 'group' as const,
        key: centre,
        label: pick(centreNames[centre]),
        children: entries.map(itemOf),
      },
    ]
  })
  return (
    <nav aria-label={t.navigation}>
      <Menu
        mode="inline"
        items={items}
        selectedKeys={current ? [current.path] : []}
        style={{ borderInlineEnd: 0 }}
      />
    </nav>
  )
}
