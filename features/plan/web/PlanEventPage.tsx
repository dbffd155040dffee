import { Card, Descriptions, Flex, Table, Tag } from 'antd'
import { useParams } from 'react-router'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { useMay } from '#platform/web/session.tsx'
import { Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { Definition, PlanEvent, Property } from '../common/plan.ts'
import { Differences } from './Differences.tsx'
import { FindingsCard, SeenCard } from './EventCounts.tsx'
import { PlanActions } from './PlanActions.tsx'
import { VersionsCard } from './PlanVersions.tsx'
import { usePlanChanges, usePlanEvent } from './plan-queries.ts'
import {
  classNames,
  planText,
  stateColors,
  stateHints,
  stateNames,
  typeNames,
  useNames,
} from './plan-text.ts'
import './plan.css'

export function PlanEventPage() {
  const { key = '' } = useParams()
  const event = usePlanEvent(key)
  return <Loaded query={event}>{(data) => <EventDetail event={data} />}</Loaded>
}

function EventDetail({ event }: { event: PlanEvent }) {
  const t = useText(planText)
  const pick = usePick()
  const may = useMay()
  return (
    <Flex vertical gap={16}>
      <PageHeader
        title={pick(event.draft.name)}
        back="/plan"
        tags={
          <>
            <Tag style={{ overflowWrap: 'anywhere', whiteSpace: 'normal' }}>{event.key}</Tag>
            <Tag color={stateColors[event.state]}>{pick(stateNames[event.state])}</Tag>
            <Tag>{t.version(event.version)}</Tag>
          </>
        }
        description={pick(stateHints[event.state])}
        actions={<PlanActions event={event} />}
      />
      {event.hasChanges && event.version > 0 && <PendingCard event={event} />}
      <DefinitionCard definition={event.draft} />
      <div className="card-grid">
        <FindingsCard event={event.key} />
        {may('event.read') && <SeenCard event={event} />}
      </div>
      <div className="card-grid">
        <UsesCard event={event} />
        <VersionsCard event={event} />
      </div>
    </Flex>
  )
}

function PendingCard({ event }: { event: PlanEvent }) {
  const t = useText(planText)
  const changes = usePlanChanges(event.key, event.revision)
  return (
    <Card size="small" title={t.whatChanges} data-testid="plan-pending">
      <Loaded query={changes} rows={2}>
        {(data) => <Differences items={data.differences} />}
      </Loaded>
    </Card>
  )
}

function DefinitionCard({ definition }: { definition: Definition }) {
  const t = useText(planText)
  return (
    <Card size="small" title={t.definition}>
      <Flex vertical gap={12}>
        <Descriptions
          size="small"
          column={{ xs: 1, md: 2 }}
          items={[
            { key: 'owner', label: t.owner, children: definition.owner },
            { key: 'description', label: t.description, children: definition.description || '–' },
            {
              key: 'places',
              label: t.places,
              span: 'filled',
              children: <Places places={definition.places} />,
            },
          ]}
        />
        <PropertyTable properties={definition.properties} />
      </Flex>
    </Card>
  )
}

function Places({ places }: { places: Definition['places'] }) {
  const t = useText(planText)
  if (places.length === 0) return <span className="quiet">{t.noPlaces}</span>
  return (
    <Flex gap={4} wrap>
      {places.map(({ space, page }) => (
        <Tag key={JSON.stringify([space, page])}>{`${space} / ${page ?? t.anyPage}`}</Tag>
      ))}
    </Flex>
  )
}

function PropertyTable({ properties }: { properties: readonly Property[] }) {
  const t = useText(planText)
  const pick = usePick()
  return (
    <Table<Property>
      aria-label={t.properties}
      size="small"
      pagination={false}
      dataSource={properties}
      rowKey="name"
      scroll={{ x: 720 }}
      locale={{ emptyText: t.noProperties }}
      columns={[
        {
          title: t.properties,
          key: 'name',
          render: (_, one) => (
            <Flex vertical>
              <code>{one.name}</code>
              {one.description && <span className="quiet small">{one.description}</span>}
            </Flex>
          ),
        },
        { title: t.type, key: 'type', width: 110, render: (_, { type }) => pick(typeNames[type]) },
        {
          title: t.required,
          key: 'required',
          width: 80,
          render: (_, { required }) =>
            required ? <Tag color="blue">{t.required}</Tag> : <span className="quiet">{t.optional}</span>,
        },
        {
          title: t.class,
          key: 'class',
          width: 170,
          render: (_, one) => (
            <Tag color={one.class === 'C1' ? 'default' : 'warning'}>{pick(classNames[one.class])}</Tag>
          ),
        },
        { title: t.values, key: 'limits', width: 220, render: (_, one) => <Limits property={one} /> },
        { title: t.example, key: 'example', width: 120, dataIndex: 'example' },
      ]}
    />
  )
}

function Limits({ property }: { property: Property }) {
  const t = useText(planText)
  const { values, pattern, maxLength } = property
  return (
    <Flex gap={4} wrap>
      {values?.map((value) => (
        <Tag key={value}>{value}</Tag>
      ))}
      {pattern !== undefined && <code>{pattern}</code>}
      {maxLength !== undefined && <span className="small">{`${t.maxLength} ${maxLength}`}</span>}
    </Flex>
  )
}

/** What of the bank would feel it when the event goes. */
function UsesCard({ event }: { event: PlanEvent }) {
  const t = useText(planText)
  const pick = usePick()
  const changes = usePlanChanges(event.key, event.revision)
  return (
    <Card size="small" title={t.usedBy}>
      <Loaded query={changes} rows={2}>
        {({ uses }) =>
          uses.length === 0 ? (
            <span className="quiet">{t.usedByNobody}</span>
          ) : (
            <Flex vertical gap={4}>
              <span className="quiet">{t.usedHint}</span>
              {uses.map((use) => (
                <a key={`${use.type} ${use.key}`} href={`/${use.type}s/${encodeURIComponent(use.key)}`}>
                  {pick(useNames[use.type])} {use.name} <span className="quiet small">{use.key}</span>
                </a>
              ))}
            </Flex>
          )
        }
      </Loaded>
    </Card>
  )
}
