import { useMutation } from '@tanstack/react-query'
import { Alert, Button, Card, Flex, Form, Input, InputNumber, Modal, Table } from 'antd'
import { useMemo, useState } from 'react'
import { Link } from 'react-router'
import { api, pathOf } from '#platform/web/api.ts'
import { Chart } from '#platform/web/Chart.tsx'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useFormat } from '#platform/web/format.ts'
import { useMay } from '#platform/web/session.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { BreakpointCell, Breakpoints, Flow } from '../common/flow.ts'
import type { OnOpen } from './BreakpointPage.tsx'
import { breakpointText } from './breakpoint-text.ts'

type Step = Breakpoints['steps'][number]

/** The steps as a funnel, and what happened at each. */
export function StepCard({ flow, answer, onOpen }: { flow: Flow; answer: Breakpoints; onOpen: OnOpen }) {
  const t = useText(breakpointText)
  const pick = usePick()
  const format = useFormat()
  const may = useMay()
  const [making, setMaking] = useState<Step | null>(null)
  const { steps } = answer
  const title = useMemo(() => {
    const worst = [...steps].sort((one, other) => other.stopped - one.stopped)[0]
    if (!worst || worst.stopped === 0) return t.noStops
    return t.funnelFinding(
      format.percent(worst.stopped / Math.max(1, answer.returns.stopped)),
      pick(worst.name),
    )
  }, [steps, answer.returns.stopped, t, format, pick])
  const upward = [...steps].reverse()
  const bar = (name: string, data: number[]) => ({ type: 'bar', stack: 'all', name, barMaxWidth: 28, data })
  const open = (step: Step, state: BreakpointCell['state'], label: string) =>
    onOpen(`${pick(step.name)} · ${label}`, { state, step: step.key })
  const number = (step: Step, count: number, state: BreakpointCell['state'], label: string) => (
    <Button type="link" size="small" onClick={() => open(step, state, label)}>
      {format.number(count)}
    </Button>
  )
  return (
    <>
      <Chart
        title={title}
        asOf={answer.asOf}
        height={Math.max(180, 60 + steps.length * 40)}
        option={{
          legend: { top: 0, left: 0 },
          grid: { top: 32, right: 48 },
          tooltip: {
            trigger: 'axis',
            axisPointer: { type: 'shadow' },
            valueFormatter: (value: number) => format.number(value),
          },
          xAxis: { type: 'value', axisLabel: { formatter: (value: number) => format.compact(value) } },
          yAxis: { type: 'category', data: upward.map(({ name }) => pick(name)), axisLabel: { interval: 0 } },
          series: [
            bar(
              t.wentOn,
              upward.map(({ reached, stopped, underWay }) => reached - stopped - underWay),
            ),
            bar(
              t.underWay,
              upward.map(({ underWay }) => underWay),
            ),
            bar(
              t.stopped,
              upward.map(({ stopped }) => stopped),
            ),
          ],
        }}
        table={{
          columns: [t.step, t.reached, t.stopped, t.underWay, t.stoppedCustomers, t.cameBack],
          rows: steps.map((step) => [
            pick(step.name),
            step.reached,
            step.stopped,
            step.underWay,
            step.customers,
            step.cameBack,
          ]),
        }}
        onClickItem={(index) => {
          const step = upward[index]
          if (step) open(step, 'stopped', t.stopped)
        }}
      />
      <Card size="small">
        <Table
          size="small"
          pagination={false}
          scroll={{ x: 720 }}
          rowKey={(step) => step.key}
          dataSource={steps}
          columns={[
            { title: t.step, key: 'step', render: (_, step) => pick(step.name) },
            {
              title: t.reached,
              key: 'reached',
              align: 'right',
              render: (_, step) => number(step, step.reached, 'reached', t.reached),
            },
            {
              title: t.stopped,
              key: 'stopped',
              align: 'right',
              render: (_, step) => number(step, step.stopped, 'stopped', t.stopped),
            },
            {
              title: t.underWay,
              key: 'underWay',
              align: 'right',
              render: (_, step) => number(step, step.underWay, 'underWay', t.underWay),
            },
            {
              title: t.cameBack,
              key: 'cameBack',
              align: 'right',
              render: (_, step) => number(step, step.cameBack, 'cameBack', t.cameBack),
            },
            {
              title: t.stoppedCustomers,
              key: 'customers',
              align: 'right',
              render: (_, step) => format.number(step.customers),
            },
            {
              key: 'segment',
              render: (_, step, index) =>
                may('segment.write') && index < steps.length - 1 ? (
                  <Button
                    size="small"
                    onClick={() => setMaking(step)}
                    data-testid={`make-segment-${step.key}`}
                  >
                    {t.makeSegment}
                  </Button>
                ) : null,
            },
          ]}
        />
      </Card>
      <SegmentDialog flow={flow} step={making} onClose={() => setMaking(null)} />
    </>
  )
}

function SegmentDialog({ flow, step, onClose }: { flow: Flow; step: Step | null; onClose: () => void }) {
  const t = useText(breakpointText)
  return (
    <Modal open={step !== null} onCancel={onClose} title={t.makeSegment} footer={null} destroyOnHidden>
      {step && <SegmentForm flow={flow} step={step} />}
    </Modal>
  )
}

function SegmentForm({ flow, step }: { flow: Flow; step: Step }) {
  const t = useText(breakpointText)
  const pick = usePick()
  const words = useErrorWords()
  const make = useMutation({
    mutationFn: (fields: { key: string; name: string; minutes: number }) =>
      api.post<{ key: string }>(pathOf`/api/flows/${flow.key}/segment`, { ...fields, step: step.key }),
  })
  if (make.data)
    return (
      <Alert type="success" showIcon title={<Link to={pathOf`/segments/${make.data.key}`}>{t.made}</Link>} />
    )
  return (
    <Form
      layout="vertical"
      initialValues={{
        name: `${pick(flow.name)}·${pick(step.name)}·${t.stopped}`,
        key: `stopped_${flow.key}_${step.key}`.slice(0, 64),
        minutes: Math.max(120, flow.inactivityMinutes * 2),
      }}
      onFinish={(fields) => make.mutate(fields)}
    >
      <p className="quiet">{t.segmentHint}</p>
      <Form.Item name="minutes" label={t.lastMinutes} rules={[{ required: true, message: t.required }]}>
        <InputNumber min={flow.inactivityMinutes + 1} max={525_600} />
      </Form.Item>
      <Form.Item name="name" label={t.segmentName} rules={[{ required: true, message: t.required }]}>
        <Input maxLength={200} />
      </Form.Item>
      <Form.Item
        name="key"
        label={t.segmentKey}
        rules={[{ required: true, pattern: /^[a-z][a-z0-9_-]{0,63}$/, message: t.keyWrong }]}
      >
        <Input />
      </Form.Item>
      <Flex vertical gap={8}>
        {make.error && <Alert type="error" showIcon title={words(make.error)} />}
        <Button type="primary" htmlType="submit" loading={make.isPending}>
          {t.makeSegment}
        </Button>
      </Flex>
    </Form>
  )
}
