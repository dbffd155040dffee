import { Card, Flex, Tabs } from 'antd'
import { useSearchParams } from 'react-router'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { useMay } from '#platform/web/session.tsx'
import { useText } from '#platform/web/text.ts'
import { OrgUnitsTab } from './OrgUnitsTab.tsx'
import { orgText } from './org-text.ts'
import { StaffTab } from './StaffTab.tsx'

/** The bank's units and people, and who may do what where. */
export function OrgPage() {
  const t = useText(orgText)
  const may = useMay()
  const [search, setSearch] = useSearchParams()
  return (
    <Flex vertical gap={16}>
      <PageHeader title={t.org} description={t.orgHint} />
      <Card size="small">
        <Tabs
          activeKey={search.get('tab') ?? 'units'}
          onChange={(tab) => setSearch({ tab }, { replace: true })}
          items={[
            { key: 'units', label: t.units, children: <OrgUnitsTab /> },
            ...(may('staff.read') ? [{ key: 'staff', label: t.staff, children: <StaffTab /> }] : []),
          ]}
        />
      </Card>
    </Flex>
  )
}
