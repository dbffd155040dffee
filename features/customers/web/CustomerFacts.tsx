import { Card, Descriptions, Flex, Table, Tag } from 'antd'
import { Link } from 'react-router'
import { pathOf } from '#platform/web/api.ts'
import { useFormat } from '#platform/web/format.ts'
import { useLanguage } from '#platform/web/language.ts'
import { EmptyState } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { CustomerDetail } from '../common/customer.ts'
import { fieldName, valueName } from '../common/event-words.ts'
import { customerText, purposeName, relationName } from './customer-text.ts'

/** What the bank knows of a customer that identifies nobody. */
export function AttributesTab({ customer }: { customer: CustomerDetail }) {
  const t = useText(customerText)
  const language = useLanguage()
  const entries = Object.entries(customer.attributes)
  if (entries.length === 0) return <EmptyState title={t.noAttributes} />
  return (
    <Card size="small">
      <Descriptions
        size="small"
        bordered
        column={{ xs: 1, sm: 2, lg: 3 }}
        items={entries.map(([name, value]) => ({
          key: name,
          label: <span title={name}>{fieldName(name, language)}</span>,
          children: valueName(value, language),
        }))}
      />
    </Card>
  )
}

/** Who owned the customer when, and persons linked to them. */
export function OwnersTab({ customer }: { customer: CustomerDetail }) {
  const t = useText(customerText)
  const pick = usePick()
  return (
    <Flex vertical gap={16}>
      <Card size="small" title={t.owners}>
        <Table
          size="small"
          rowKey="validFrom"
          pagination={false}
          dataSource={customer.owners}
          scroll={{ x: 480 }}
          columns={[
            { title: t.org, dataIndex: 'orgName' },
            { title: t.rm, key: 'rm', render: (_, { rmName }) => rmName ?? t.noRm },
            { title: t.validFrom, dataIndex: 'validFrom', className: 'nowrap' },
            {
              title: t.validTo,
              key: 'to',
              className: 'nowrap',
              render: (_, { validTo }) => validTo ?? t.now,
            },
          ]}
        />
      </Card>
      {customer.links.length > 0 && (
        <Card size="small" title={t.links}>
          <Table
            size="small"
            rowKey={(link) => `${link.customerNo} ${link.relation} ${link.reference}`}
            pagination={false}
            dataSource={customer.links}
            columns={[
              {
                title: t.customerNo,
                key: 'no',
                render: (_, { customerNo }) => (
                  <Link to={pathOf`/customers/${customerNo}`}>{customerNo}</Link>
                ),
              },
              {
                title: t.relation,
                key: 'relation',
                render: (_, { relation }) => pick(relationName(relation)),
              },
              { title: t.reference, dataIndex: 'reference' },
            ]}
          />
        </Card>
      )}
    </Flex>
  )
}

/** What the customer agreed to and what not. */
export function ConsentsTab({ customer }: { customer: CustomerDetail }) {
  const t = useText(customerText)
  const pick = usePick()
  const format = useFormat()
  if (customer.consents.length === 0) return <EmptyState title={t.noConsents} />
  return (
    <Card size="small">
      <Table
        size="small"
        rowKey="purpose"
        pagination={false}
        dataSource={customer.consents}
        scroll={{ x: 480 }}
        columns={[
          { title: t.purpose, key: 'purpose', render: (_, { purpose }) => pick(purposeName(purpose)) },
          {
            title: t.state,
            key: 'state',
            render: (_, { isGranted }) => (
              <Tag color={isGranted ? 'success' : 'default'}>{isGranted ? t.granted : t.withdrawn}</Tag>
            ),
          },
          { title: t.version, dataIndex: 'version' },
          { title: t.at, key: 'at', className: 'nowrap', render: (_, { at }) => format.time(at) },
        ]}
      />
    </Card>
  )
}
