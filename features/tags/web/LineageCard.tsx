import { Alert, Card, Flex, Segmented, Table } from 'antd'
import { useMemo, useState } from 'react'
import { useNavigate } from 'react-router'
import { eventName, fieldName } from '#features/customers/common/event-words.ts'
import { type Language, useLanguage } from '#platform/web/language.ts'
import { Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { Lineage, LineageKind } from '../common/tag-catalogue.ts'
import { useLineage } from './catalogue-queries.ts'
import { catalogueText, lineageKindNames } from './catalogue-text.ts'
import { layOut, nodeHeight, nodeWidth } from './lineage-layout.ts'

type Node = Lineage['nodes'][number]

const addresses: { readonly [K in LineageKind]?: (key: string) => string } = {
  tag: (key) => `/tags/${key}`,
  segment: (key) => `/segments/${key}`,
  campaign: (key) => `/campaigns/${key}`,
  event: (key) => `/plan/${key}`,
}

/** The name people know a node by. */
function nameOf({ kind, key, name }: Node, language: Language): string {
  if (kind === 'event') return eventName(key, language)
  if (kind === 'property') return fieldName(key.slice(key.indexOf('.') + 1), language)
  return kind === 'attribute' ? fieldName(key, language) : name
}

/** What a tag is made of and what is made of it, as a picture or a table. */
export function LineageCard({ tagKey }: { tagKey: string }) {
  const t = useText(catalogueText)
  const lineage = useLineage(tagKey)
  const [view, setView] = useState<'graph' | 'table'>('graph')
  return (
    <Card
      size="small"
      title={t.lineage}
      data-testid="tag-lineage"
      extra={
        <Segmented
          size="small"
          value={view}
          onChange={setView}
          options={[
            { value: 'graph', label: t.lineage },
            { value: 'table', label: t.node },
          ]}
        />
      }
    >
      <Loaded query={lineage} rows={3}>
        {(data) => (
          <Flex vertical gap={8}>
            <span className="quiet small">{t.lineageHint}</span>
            {!data.isComplete && <Alert type="warning" showIcon title={t.lineageCut} />}
            {view === 'graph' ? <Graph lineage={data} /> : <NodeTable lineage={data} />}
          </Flex>
        )}
      </Loaded>
    </Card>
  )
}

function Graph({ lineage }: { lineage: Lineage }) {
  const language = useLanguage()
  const pick = usePick()
  const navigate = useNavigate()
  const { nodes, edges, width, height } = useMemo(() => layOut(lineage), [lineage])
  return (
    <div className="lineage">
      <svg width={width} height={height} role="img" aria-label={`${nodes.length} / ${edges.length}`}>
        {edges.map((edge) => (
          <path key={edge.id} className="lineage-edge" d={edge.path} />
        ))}
        {nodes.map(({ node, x, y }) => {
          const address = addresses[node.kind]?.(node.key)
          const name = nameOf(node, language)
          return (
            // biome-ignore lint/a11y/noStaticElementInteractions: the same links stand in the table of nodes
            <g
              key={node.id}
              className={`lineage-node${node.layer === 0 ? ' lineage-node-self' : ''}`}
              transform={`translate(${x} ${y})`}
              style={address ? { cursor: 'pointer' } : undefined}
              onClick={() => address && node.layer !== 0 && void navigate(address)}
            >
              <title>{`${pick(lineageKindNames[node.kind])} ${node.key}`}</title>
              <rect width={nodeWidth} height={nodeHeight} rx={6} />
              <text className="lineage-kind" x={8} y={14}>
                {pick(lineageKindNames[node.kind])}
              </text>
              <text x={8} y={30}>
                {name.length > 14 ? `${name.slice(0, 13)}…` : name}
              </text>
            </g>
          )
        })}
      </svg>
    </div>
  )
}

function NodeTable({ lineage }: { lineage: Lineage }) {
  const t = useText(catalogueText)
  const language = useLanguage()
  const pick = usePick()
  const nodes = [...lineage.nodes].sort((one, other) => one.layer - other.layer)
  return (
    <Table
      size="small"
      rowKey="id"
      pagination={{ pageSize: 12, hideOnSinglePage: true }}
      dataSource={nodes}
      columns={[
        { title: t.kind, key: 'kind', width: 96, render: (_, node) => pick(lineageKindNames[node.kind]) },
        {
          title: t.node,
          key: 'name',
          render: (_, node) => {
            const address = addresses[node.kind]?.(node.key)
            const name = nameOf(node, language)
            return address ? <a href={address}>{name}</a> : name
          },
        },
        { title: t.distance, dataIndex: 'layer', width: 72, align: 'right' },
      ]}
    />
  )
}
