import { useQuery } from '@tanstack/react-query'
import { Card, Flex, Tabs, Tag, Tooltip } from 'antd'
import { useParams, useSearchParams } from 'react-router'
import { api, pathOf } from '#platform/web/api.ts'
import { useFormat } from '#platform/web/format.ts'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { StaffWatermark } from '#platform/web/StaffWatermark.tsx'
import { useMay } from '#platform/web/session.tsx'
import { Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { CustomerDetail } from '../common/customer.ts'
import { BindingsCard } from './BindingsCard.tsx'
import { AttributesTab, ConsentsTab, OwnersTab } from './CustomerFacts.tsx'
import { CustomerOverview } from './CustomerOverview.tsx'
import { CustomerTimeline } from './CustomerTimeline.tsx'
import { customerText, stateColors, stateNames, tierName } from './customer-text.ts'
import { IdentitiesTab } from './IdentitiesTab.tsx'

export function CustomerPage() {
  const { customerNo = '' } = useParams()
  const customer = useQuery({
    queryKey: ['/api/customers', customerNo],
    queryFn: ({ signal }) => api.get<CustomerDetail>(pathOf`/api/customers/${customerNo}`, undefined, signal),
  })
  return (
    <StaffWatermark>
      <Loaded query={customer}>{(data) => <Detail customer={data} />}</Loaded>
    </StaffWatermark>
  )
}

function Detail({ customer }: { customer: CustomerDetail }) {
  const t = useText(customerText)
  const may = useMay()
  const [search, setSearch] = useSearchParams()
  const tabs = [
    { key: 'overview', label: t.overview, children: <CustomerOverview customer={customer} /> },
    ...(may('event.read')
      ? [
          {
            key: 'timeline',
            label: t.timeline,
            children: <CustomerTimeline customerNo={customer.customerNo} />,
          },
        ]
      : []),
    {
      key: 'identities',
      label: t.identities,
      children: (
        <Flex vertical gap={16}>
          <IdentitiesTab customer={customer} />
          <BindingsCard customerNo={customer.customerNo} />
        </Flex>
      ),
    },
    { key: 'attributes', label: t.attributes, children: <AttributesTab customer={customer} /> },
    { key: 'owners', label: t.owners, children: <OwnersTab customer={customer} /> },
    { key: 'consents', label: t.consents, children: <ConsentsTab customer={customer} /> },
  ]
  return (
    <Flex vertical gap={16}>
      <Head customer={customer} />
      <Tabs
        className="page-tabs"
        activeKey={search.get('tab') ?? 'overview'}
        onChange={(tab) => setSearch({ tab }, { replace: true })}
        items={tabs}
      />
    </Flex>
  )
}

function Head({ customer }: { customer: CustomerDetail }) {
  const t = useText(customerText)
  const pick = usePick()
  const format = useFormat()
  const facts = [
    { label: t.org, value: customer.orgName },
    { label: t.rm, value: customer.rmName ?? t.noRm },
    ...(customer.tier === null
      ? []
      : [{ label: t.tier, value: pick(tierName(customer.tier)), hint: t.tierHint }]),
    ...(customer.aum === null
      ? []
      : [
          {
            label: t.aum,
            value: format.money(customer.aum),
            hint: `${t.aumHint}：${format.exactMoney(customer.aum)}`,
          },
        ]),
  ]
  return (
    <Flex vertical gap={12}>
      <PageHeader
        title={customer.name ?? customer.customerNo}
        back="/customers"
        tags={
          <>
            <Tag>{customer.customerNo}</Tag>
            <Tag color={stateColors[customer.state]}>{pick(stateNames[customer.state])}</Tag>
            {customer.isDoNotContact && <Tag color="error">{t.doNotContact}</Tag>}
            {customer.isProvisional && <Tag>{t.provisional}</Tag>}
          </>
        }
        description={t.since(format.date(customer.createdAt))}
      />
      <Card size="small">
        <Flex gap={32} wrap>
          {facts.map(({ label, value, hint }) => (
            <Tooltip key={label} title={hint}>
              <Flex vertical>
                <span className="quiet small">{label}</span>
                <strong>{value}</strong>
              </Flex>
            </Tooltip>
          ))}
        </Flex>
      </Card>
    </Flex>
  )
}
