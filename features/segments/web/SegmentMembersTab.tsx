import { Button, Drawer, Flex, Input } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import type { z } from 'zod'
import { pathOf } from '#platform/web/api.ts'
import { DataTable } from '#platform/web/DataTable.tsx'
import { EmptyState } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import { useList } from '#platform/web/use-list.ts'
import type { Segment, SegmentMember } from '../common/segment.ts'
import { segmentText } from './segment-text.ts'
import { WhyPanel } from './WhyPanel.tsx'

type Member = z.infer<typeof SegmentMember>

/** Who is in it, masked and in scope, and for each person why. */
export function SegmentMembersTab({ segment }: { segment: Segment }) {
  const t = useText(segmentText)
  const [asked, setAsked] = useState<string | null>(null)
  const list = useList<Member>(pathOf`/api/segments/${segment.key}/members`)
  return (
    <Flex vertical gap={12}>
      <Input.Search
        aria-label={t.checkAnother}
        placeholder={`${t.checkAnother}：${t.customerNo}`}
        enterButton={t.why}
        style={{ maxWidth: 320 }}
        onSearch={(text) => text.trim() && setAsked(text.trim())}
      />
      <DataTable
        label={t.members}
        list={list}
        rowKey={(member) => member.customerNo}
        minWidth={560}
        empty={<EmptyState title={t.noMembers} hint={t.noMembersHint} />}
        columns={[
          {
            title: t.customerNo,
            key: 'no',
            render: (_, { customerNo }) => <Link to={pathOf`/customers/${customerNo}`}>{customerNo}</Link>,
          },
          { title: t.customerName, key: 'name', render: (_, { name }) => name ?? '–' },
          { title: t.org, key: 'org', dataIndex: 'orgName' },
          { title: t.rm, key: 'rm', render: (_, { rmName }) => rmName ?? '–' },
          {
            title: t.why,
            key: 'why',
            width: 96,
            render: (_, { customerNo }) => (
              <Button
                size="small"
                type="link"
                onClick={() => setAsked(customerNo)}
                aria-label={`${t.why} ${customerNo}`}
              >
                {t.why}
              </Button>
            ),
          },
        ]}
      />
      <Drawer open={asked !== null} onClose={() => setAsked(null)} title={t.why} size={520} destroyOnHidden>
        {asked && <WhyPanel segmentKey={segment.key} customerNo={asked} />}
      </Drawer>
    </Flex>
  )
}
