import { useMutation } from '@tanstack/react-query'
import { Alert, Button, Card, Flex, Input, Modal, Table, Typography } from 'antd'
import { useState } from 'react'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { CustomerDetail } from '../common/customer.ts'
import { customerText, identityName } from './customer-text.ts'

/** Identifiers as they are masked; in clear only for a reason that is recorded. */
export function IdentitiesTab({ customer }: { customer: CustomerDetail }) {
  const t = useText(customerText)
  const pick = usePick()
  const may = useMay()
  const [kind, setKind] = useState<string | null>(null)
  if (customer.identities.length === 0) return <EmptyState title={t.noIdentities} />
  return (
    <Card size="small">
      <Table
        size="small"
        rowKey={({ kind, masked }) => `${kind} ${masked}`}
        pagination={false}
        dataSource={customer.identities}
        columns={[
          { title: t.kind, key: 'kind', render: (_, identity) => pick(identityName(identity.kind)) },
          { title: t.masked, dataIndex: 'masked' },
          {
            key: 'unmask',
            align: 'right',
            render: (_, identity) =>
              may('customer.unmask') && (
                <Button size="small" onClick={() => setKind(identity.kind)}>
                  {t.unmask}
                </Button>
              ),
          },
        ]}
      />
      {kind !== null && (
        <UnmaskDialog customerNo={customer.customerNo} kind={kind} onClose={() => setKind(null)} />
      )}
    </Card>
  )
}

function UnmaskDialog(props: { customerNo: string; kind: string; onClose: () => void }) {
  const t = useText(customerText)
  const pick = usePick()
  const words = useErrorWords()
  const [reason, setReason] = useState('')
  // A mutation and not a query: what is in clear must not stay in any cache.
  const unmask = useMutation({
    mutationFn: () =>
      api.post<{ values: string[] }>(pathOf`/api/customers/${props.customerNo}/unmask`, {
        kind: props.kind,
        reason: reason.trim(),
      }),
    gcTime: 0,
  })
  const isTooShort = reason.trim().length < 5
  return (
    <Modal
      open
      title={t.unmaskTitle(pick(identityName(props.kind)))}
      onCancel={props.onClose}
      cancelText={t.close}
      okText={t.unmask}
      okButtonProps={{ disabled: isTooShort || unmask.isSuccess, loading: unmask.isPending }}
      onOk={() => unmask.mutate()}
    >
      <Flex vertical gap={12}>
        <span className="quiet">{t.unmaskHint}</span>
        <Input.TextArea
          autoFocus
          aria-label={t.unmaskReason}
          placeholder={t.unmaskPlaceholder}
          maxLength={500}
          rows={2}
          value={reason}
          disabled={unmask.isSuccess}
          onChange={(event) => setReason(event.target.value)}
        />
        {reason !== '' && isTooShort && <span className="quiet small">{t.unmaskTooShort}</span>}
        {unmask.error && <Alert type="error" showIcon title={words(unmask.error)} />}
        {unmask.data?.values.map((value) => (
          <Typography.Text key={value} strong style={{ fontSize: 18 }}>
            {value}
          </Typography.Text>
        ))}
      </Flex>
    </Modal>
  )
}
