import { Button, Card, Flex } from 'antd'
import { Link } from 'react-router'
import { useMenu } from '#platform/web/menu-context.ts'
import { EmptyState } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import { homeText } from './home-text.ts'

/** The home of those whose post shows no customer numbers: where their own work is. */
export function StartingPoints() {
  const t = useText(homeText)
  const pick = usePick()
  const pages = useMenu().filter((entry) => entry.centre !== 'home')
  return (
    <Card size="small">
      <EmptyState
        title={t.quiet}
        hint={pages.length > 0 ? t.quietHint : undefined}
        action={
          <Flex gap={8} justify="center" wrap>
            {pages.map((page) => (
              <Link key={page.path} to={page.path}>
                <Button icon={<page.icon />}>{pick(page.label)}</Button>
              </Link>
            ))}
          </Flex>
        }
      />
    </Card>
  )
}
