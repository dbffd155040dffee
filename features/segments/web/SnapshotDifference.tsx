import { useQuery } from '@tanstack/react-query'
import { Flex, Segmented, Select } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import type { z } from 'zod'
import { api, pathOf } from '#platform/web/api.ts'
import { DataTable } from '#platform/web/DataTable.tsx'
import { useFormat } from '#platform/web/format.ts'
import { EmptyState, Loaded } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import { useList } from '#platform/web/use-list.ts'
import type { SegmentMember } from '../common/segment.ts'
import type { Difference, Snapshot } from '../common/segment-snapshot.ts'
import { segmentText } from './segment-text.ts'
import { sharingText } from './sharing-text.ts'

type Member = z.infer<typeof SegmentMember>
type Part = 'entered' | 'left' | 'stayed'

/** Who entered, left and stayed since a snapshot. */
export function SnapshotDifference({
  snapshot,
  others,
}: {
  snapshot: Snapshot
  others: readonly Snapshot[]
}) {
  const t = useText(sharingText)
  const format = useFormat()
  const [to, setTo] = useState<string>('now')
  const [part, setPart] = useState<Part>('entered')
  const path = pathOf`/api/segment-snapshots/${snapshot.snapshotId}/difference`
  const counts = useQuery({
    queryKey: [path, 'counts', to],
    queryFn: ({ signal }) => api.get<Difference>(path, { to, limit: 1 }, signal),
  })
  return (
    <Flex vertical gap={12}>
      <Flex gap={8} align="center" wrap>
        <span className="quiet">{t.compareTo}</span>
        <Select
          aria-label={t.compareTo}
          value={to}
          onChange={setTo}
          options={[
            { value: 'now', label: t.now },
            ...others
              .filter((one) => one.state === 'ready' && one.snapshotId !== snapshot.snapshotId)
              .map((one) => ({ value: String(one.snapshotId), label: one.name })),
          ]}
          style={{ minWidth: 200 }}
        />
      </Flex>
      <Loaded query={counts} rows={2}>
        {(data) => (
          <>
            <Segmented<Part>
              value={part}
              onChange={setPart}
              options={(['entered', 'left', 'stayed'] as const).map((one) => ({
                value: one,
                label: `${t[one]} ${format.number(data[one])}`,
              }))}
            />
            <div className="quiet small">{`${format.exactTime(data.from)} → ${format.exactTime(data.to)}`}</div>
          </>
        )}
      </Loaded>
      <People path={path} to={to} part={part} />
    </Flex>
  )
}

function People({ path, to, part }: { path: string; to: string; part: Part }) {
  const t = useText(sharingText)
  const words = useText(segmentText)
  const list = useList<Member>(path, { to, part })
  return (
    <DataTable
      label={t[part]}
      list={list}
      rowKey={(member) => member.customerNo}
      minWidth={420}
      empty={<EmptyState title={words.noMembers} />}
      columns={[
        {
          title: words.customerNo,
          key: 'no',
          render: (_, { customerNo }) => <Link to={pathOf`/customers/${customerNo}`}>{customerNo}</Link>,
        },
        { title: words.customerName, key: 'name', render: (_, { name }) => name ?? '–' },
        { title: words.org, key: 'org', dataIndex: 'orgName' },
      ]}
    />
  )
}
