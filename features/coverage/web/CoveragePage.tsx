import { Alert, Button, Card, Flex, Select, Table } from 'antd'
import { useMemo, useState } from 'react'
import { useVocabulary } from '#features/rules/web/index.ts'
import { type Cell, CellPanel, useAnalysis, useTierName } from '#features/value/web/index.ts'
import { Chart } from '#platform/web/Chart.tsx'
import { useFormat } from '#platform/web/format.ts'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { Stat } from '#platform/web/Stat.tsx'
import { Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { Coverage, CoverageCell, CoverageRow } from '../common/coverage.ts'
import { coverageText } from './coverage-text.ts'

type Asked = { lifecycle: string; covered: string[]; orgLevel: 'branch' | 'sub_branch' | 'outlet' }

/** Who has no live strategy. */
export function CoveragePage() {
  const t = useText(coverageText)
  const [asked, setAsked] = useState<Asked>({ lifecycle: 'lifecycle', covered: [], orgLevel: 'branch' })
  const [cell, setCell] = useState<Cell | null>(null)
  const found = useAnalysis<Coverage>('coverage', asked)
  const open = (title: string, of: CoverageCell) =>
    setCell({ title, kind: 'coverage', query: asked, cell: of })
  return (
    <Flex vertical gap={16}>
      <PageHeader title={t.title} description={t.hint} />
      <Questions asked={asked} onChange={setAsked} />
      <Loaded query={found}>
        {(answer) => (
          <Flex vertical gap={16}>
            {!answer.lifecycle.isKnown && (
              <Alert type="info" showIcon title={t.noTag(answer.lifecycle.tag)} />
            )}
            <Numbers answer={answer} onOpen={open} />
            <StateChart answer={answer} onOpen={open} />
            <Rows answer={answer} onOpen={open} />
          </Flex>
        )}
      </Loaded>
      <CellPanel cell={cell} onClose={() => setCell(null)} />
    </Flex>
  )
}

function Questions({ asked, onChange }: { asked: Asked; onChange: (asked: Asked) => void }) {
  const t = useText(coverageText)
  const pick = usePick()
  const { tags, segments } = useVocabulary()
  return (
    <Card size="small">
      <Flex gap={12} wrap>
        <Select
          aria-label={t.lifecycle}
          prefix={t.lifecycle}
          style={{ width: 260 }}
          showSearch={{ optionFilterProp: 'label' }}
          value={asked.lifecycle}
          onChange={(lifecycle: string) => onChange({ ...asked, lifecycle })}
          options={tags
            .filter(({ type }) => type === 'enum')
            .map(({ key, name }) => ({ value: key, label: pick(name) }))}
        />
        <Select
          mode="multiple"
          aria-label={t.segments}
          placeholder={t.segments}
          style={{ width: 300, maxWidth: '100%' }}
          value={asked.covered}
          onChange={(covered: string[]) => onChange({ ...asked, covered })}
          options={segments.map(({ key, name }) => ({ value: key, label: name }))}
        />
        <Select
          aria-label={t.level}
          prefix={t.level}
          style={{ width: 180 }}
          value={asked.orgLevel}
          onChange={(orgLevel) => onChange({ ...asked, orgLevel })}
          options={(['branch', 'sub_branch', 'outlet'] as const).map((level) => ({
            value: level,
            label: t[level],
          }))}
        />
      </Flex>
    </Card>
  )
}

type OnOpen = (title: string, cell: CoverageCell) => void

function Numbers({ answer, onOpen }: { answer: Coverage; onOpen: OnOpen }) {
  const t = useText(coverageText)
  const format = useFormat()
  const number = (label: string, count: number, of: CoverageCell['of']) => (
    <Button
      type="link"
      style={{ padding: 0, height: 'auto', fontSize: 'inherit' }}
      onClick={() => onOpen(label, { of })}
    >
      {format.number(count)}
    </Button>
  )
  const { asOf } = answer
  return (
    <div className="stat-grid">
      <Stat
        label={t.active}
        value={number(t.active, answer.active, 'active')}
        definition={t.activeHint}
        asOf={asOf}
      />
      <Stat
        label={t.uncovered}
        value={number(t.uncovered, answer.uncovered, 'uncovered')}
        definition={t.uncoveredHint}
        asOf={asOf}
        note={format.rate(answer.uncovered, answer.active)}
        testId="coverage-uncovered"
      />
      <Stat
        label={t.covered}
        value={number(t.covered, answer.covered, 'covered')}
        definition={t.uncoveredHint}
        asOf={asOf}
        note={t.why(
          format.number(answer.byCampaign),
          format.number(answer.byTask),
          format.number(answer.bySegment),
        )}
      />
      {answer.lifecycle.isKnown && (
        <Stat
          label={t.withoutState}
          value={number(t.withoutState, answer.lifecycle.withoutState, 'withoutState')}
          definition={t.withoutStateHint}
          asOf={asOf}
        />
      )}
    </div>
  )
}

function StateChart({ answer, onOpen }: { answer: Coverage; onOpen: OnOpen }) {
  const t = useText(coverageText)
  const format = useFormat()
  const drawn = useMemo(() => {
    const states = [...new Set(answer.rows.map(({ lifecycle }) => lifecycle))].map((state) => {
      const own = answer.rows.filter(({ lifecycle }) => lifecycle === state)
      const sum = (field: 'active' | 'uncovered') => own.reduce((total, row) => total + row[field], 0)
      return { state, name: state ?? t.none, active: sum('active'), uncovered: sum('uncovered') }
    })
    states.sort((one, other) => other.uncovered - one.uncovered)
    return states
  }, [answer, t])
  const worst = drawn[0]
  return (
    <Chart
      title={
        worst && worst.uncovered > 0
          ? t.finding(format.percent(answer.uncovered / Math.max(1, answer.active)), worst.name)
          : t.allCovered
      }
      asOf={answer.asOf}
      option={{
        legend: { top: 0, left: 0 },
        grid: { top: 32 },
        tooltip: {
          trigger: 'axis',
          axisPointer: { type: 'shadow' },
          valueFormatter: (value: number) => format.number(value),
        },
        xAxis: { type: 'category', data: drawn.map(({ name }) => name) },
        yAxis: { type: 'value', axisLabel: { formatter: (value: number) => format.compact(value) } },
        series: [
          {
            type: 'bar',
            stack: 'all',
            name: t.uncovered,
            barMaxWidth: 36,
            data: drawn.map(({ uncovered }) => uncovered),
          },
          {
            type: 'bar',
            stack: 'all',
            name: t.covered,
            barMaxWidth: 36,
            data: drawn.map(({ active, uncovered }) => active - uncovered),
          },
        ],
      }}
      table={{
        columns: [t.state, t.active, t.uncovered],
        rows: drawn.map(({ name, active, uncovered }) => [name, active, uncovered]),
      }}
      onClickItem={(index) => {
        const one = drawn[index]
        if (one) onOpen(`${t.uncovered}：${one.name}`, { of: 'uncovered', lifecycle: one.state })
      }}
    />
  )
}

function Rows({ answer, onOpen }: { answer: Coverage; onOpen: OnOpen }) {
  const t = useText(coverageText)
  const format = useFormat()
  const tierName = useTierName()
  const org = (row: CoverageRow) => row.orgName ?? t.otherOrg
  const open = (row: CoverageRow, of: CoverageCell['of']) =>
    onOpen([row.lifecycle ?? t.none, row.tier && tierName(row.tier), org(row)].filter(Boolean).join(' · '), {
      of,
      lifecycle: row.lifecycle,
      org: row.org,
      ...(row.tier === null ? {} : { tier: row.tier }),
    })
  const number = (row: CoverageRow, count: number, of: CoverageCell['of']) => (
    <Button type="link" size="small" onClick={() => open(row, of)}>
      {format.number(count)}
    </Button>
  )
  const campaigns = answer.campaigns.map(({ name }) => name).join('、') || '–'
  return (
    <Card
      size="small"
      title={`${t.campaigns}：${campaigns}`}
      extra={answer.otherCampaigns > 0 && t.others(answer.otherCampaigns)}
    >
      <Table
        size="small"
        scroll={{ x: 640 }}
        pagination={{ pageSize: 50, hideOnSinglePage: true }}
        rowKey={(row) => `${row.lifecycle} ${row.tier} ${row.org}`}
        dataSource={[...answer.rows].sort((one, other) => other.uncovered - one.uncovered)}
        columns={[
          { title: t.state, key: 'state', render: (_, row) => row.lifecycle ?? t.none },
          { title: t.tier, key: 'tier', render: (_, row) => (row.tier ? tierName(row.tier) : '–') },
          { title: t.org, key: 'org', render: (_, row) => org(row) },
          {
            title: t.active,
            key: 'active',
            align: 'right',
            render: (_, row) => number(row, row.active, 'active'),
          },
          {
            title: t.uncovered,
            key: 'uncovered',
            align: 'right',
            render: (_, row) => number(row, row.uncovered, 'uncovered'),
          },
          {
            title: t.share,
            key: 'share',
            align: 'right',
            render: (_, row) => format.percent(row.uncovered / Math.max(1, row.active)),
          },
        ]}
      />
    </Card>
  )
}
