import { useQuery } from '@tanstack/react-query'
import { Button, Card, Flex, Table, Tag, Tooltip } from 'antd'
import { useState } from 'react'
import { api, pathOf } from '#platform/web/api.ts'
import { useFormat } from '#platform/web/format.ts'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState, Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { Binding, CustomerIdentities } from '../common/customer-identities.ts'
import { BindingTimeline } from './BindingTimeline.tsx'
import { bindingText, proofNames } from './binding-text.ts'
import { identityName } from './customer-text.ts'
import { UndoBindingDialog } from './UndoBindingDialog.tsx'

/** The last digits of a hash tell two devices of one customer apart. */
export const shortVisitor = (visitor: string): string => `…${visitor.slice(-6)}`

/** Which devices and ids are taken to be a customer, why, and how to take a wrong one back. */
export function BindingsCard({ customerNo }: { customerNo: string }) {
  const t = useText(bindingText)
  const found = useQuery({
    queryKey: ['/api/customers', customerNo, 'identities'],
    queryFn: ({ signal }) =>
      api.get<CustomerIdentities>(pathOf`/api/customers/${customerNo}/identities`, undefined, signal),
  })
  return (
    <Card size="small" title={t.bindings}>
      <Flex vertical gap={12}>
        <span className="quiet small">{t.bindingsHint}</span>
        <Loaded query={found}>{(data) => <Bindings customerNo={customerNo} data={data} />}</Loaded>
      </Flex>
    </Card>
  )
}

function Bindings({ customerNo, data }: { customerNo: string; data: CustomerIdentities }) {
  const t = useText(bindingText)
  if (data.bindings.length === 0 && data.merges.length === 0)
    return <EmptyState title={t.none} hint={t.noneHint} />
  return (
    <Flex vertical gap={16}>
      {data.bindings.length > 0 && <BindingTimeline bindings={data.bindings} />}
      {data.bindings.length > 0 && <BindingTable customerNo={customerNo} bindings={data.bindings} />}
      {data.merges.length > 0 && <MergeList merges={data.merges} />}
    </Flex>
  )
}

function MergeList({ merges }: { merges: CustomerIdentities['merges'] }) {
  const t = useText(bindingText)
  const format = useFormat()
  return (
    <Flex vertical gap={4}>
      <strong>{t.merges}</strong>
      {merges.map((merge) => (
        <Flex key={`${merge.from} ${merge.mergedAt}`} gap={8} wrap>
          <span>{t.merged(merge.from, merge.to)}</span>
          <span className="quiet small">{format.time(merge.mergedAt)}</span>
          <span className="quiet small">{merge.reason}</span>
          {merge.splitAt !== null && <Tag>{t.split}</Tag>}
        </Flex>
      ))}
    </Flex>
  )
}

function Period({ binding }: { binding: Binding }) {
  const t = useText(bindingText)
  const format = useFormat()
  return (
    <Flex vertical>
      <span>{format.time(binding.since)}</span>
      <span className="quiet small">→ {binding.until === null ? t.now : format.time(binding.until)}</span>
    </Flex>
  )
}

function BindingTable({ customerNo, bindings }: { customerNo: string; bindings: readonly Binding[] }) {
  const t = useText(bindingText)
  const pick = usePick()
  const format = useFormat()
  const may = useMay()
  const [undoing, setUndoing] = useState<Binding | null>(null)
  const nameOf = ({ kind, visitor }: Binding) =>
    `${kind === 'device' ? t.device : pick(identityName(kind))} ${shortVisitor(visitor)}`
  return (
    <>
      <Table
        size="small"
        scroll={{ x: 640 }}
        pagination={false}
        rowKey={({ visitor, since, undone }) => `${visitor} ${since} ${undone?.at ?? ''}`}
        dataSource={[...bindings]}
        columns={[
          {
            title: t.visitor,
            key: 'visitor',
            render: (_, binding) => (
              <Flex gap={4} wrap>
                <span>{nameOf(binding)}</span>
                {binding.isShared && <Tag color="warning">{t.isShared}</Tag>}
                {binding.customerNo !== customerNo && <Tag>{t.underNumber(binding.customerNo)}</Tag>}
              </Flex>
            ),
          },
          { title: t.proof, key: 'proof', render: (_, binding) => pick(proofNames[binding.proof]) },
          { title: t.period, key: 'period', render: (_, binding) => <Period binding={binding} /> },
          { title: t.events, dataIndex: 'events', align: 'right' },
          {
            title: t.lastAt,
            key: 'lastAt',
            render: (_, { lastAt }) => (lastAt === null ? '—' : format.time(lastAt)),
          },
          { title: t.sources, key: 'sources', render: (_, { sources }) => sources.join('、') || '—' },
          {
            key: 'undo',
            align: 'right',
            render: (_, binding) =>
              binding.undone ? (
                <Tooltip title={t.undoneBy(binding.undone.by, binding.undone.reason)}>
                  <Tag>{t.undone}</Tag>
                </Tooltip>
              ) : (
                may('identity.write') && (
                  <Button size="small" danger onClick={() => setUndoing(binding)}>
                    {t.undo}
                  </Button>
                )
              ),
          },
        ]}
      />
      {undoing && (
        <UndoBindingDialog customerNo={customerNo} binding={undoing} onClose={() => setUndoing(null)} />
      )}
    </>
  )
}
