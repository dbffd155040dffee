import { useMutation } from '@tanstack/react-query'
import { Alert, Button, Flex, Table } from 'antd'
import { useCallback, useState } from 'react'
import { Link } from 'react-router'
import { ChoiceSelect, useVocabulary } from '#features/rules/web/index.ts'
import type { Job } from '#platform/common/http.ts'
import { api } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useFormat } from '#platform/web/format.ts'
import { JobProgress } from '#platform/web/JobProgress.tsx'
import { useLanguage } from '#platform/web/language.ts'
import { EmptyState } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import type { Segment } from '../common/segment.ts'
import type { ComparedTag, Comparison } from '../common/segment-analysis.ts'
import { EffectBar } from './EffectBar.tsx'
import { segmentText } from './segment-text.ts'
import { sharingText } from './sharing-text.ts'

/** The tags in which a segment differs most from everyone, everyone else, or another segment. */
export function CompareTab({ segment }: { segment: Segment }) {
  const t = useText(sharingText)
  const words = useErrorWords()
  const { segments } = useVocabulary()
  const [other, setOther] = useState('others')
  const [jobId, setJobId] = useState<string | null>(null)
  const [result, setResult] = useState<Comparison | null>(null)
  const compare = useMutation({
    mutationFn: () =>
      api.post<Comparison | { jobId: string }>('/api/segments/compare', {
        one: { segment: segment.key },
        other: other === 'everyone' || other === 'others' ? other : { segment: other.slice(1) },
      }),
    onSuccess: (answer) => {
      setJobId('jobId' in answer ? answer.jobId : null)
      setResult('jobId' in answer ? null : answer)
    },
  })
  const onEnd = useCallback((job: Job) => setResult((job.result as Comparison | undefined) ?? null), [])
  return (
    <Flex vertical gap={16}>
      <Flex gap={8} wrap align="center">
        <ChoiceSelect
          label={t.against}
          value={other}
          onChange={setOther}
          minWidth={240}
          choices={[
            { value: 'others', label: t.others },
            { value: 'everyone', label: t.everyone },
            // Marked, so that a segment called "others" is still a segment.
            ...segments
              .filter(({ key }) => key !== segment.key)
              .map(({ key, name }) => ({ value: `:${key}`, label: name })),
          ]}
        />
        <Button
          type="primary"
          loading={compare.isPending}
          onClick={() => compare.mutate()}
          data-testid="compare-run"
        >
          {t.run}
        </Button>
      </Flex>
      {compare.error && <Alert type="error" showIcon title={words(compare.error)} />}
      {jobId && <JobProgress jobId={jobId} title={t.comparing} onEnd={onEnd} />}
      {result ? (
        <Result comparison={result} />
      ) : (
        !jobId && <EmptyState title={t.compare} hint={t.effectHint} />
      )}
    </Flex>
  )
}

function Result({ comparison }: { comparison: Comparison }) {
  const t = useText(sharingText)
  const format = useFormat()
  const language = useLanguage()
  const largest = Math.max(1, ...comparison.tags.map(({ effect }) => Math.abs(effect ?? 0)))
  const side = (tag: ComparedTag, at: 0 | 1) => <Side tag={tag} at={at} />
  return (
    <Flex vertical gap={8} data-testid="comparison">
      <div className="quiet small">
        {t.comparedWith(format.number(comparison.sizes[0]), format.number(comparison.sizes[1]))} ·{' '}
        {t.showOf(comparison.tags.length, comparison.compared)} · {format.exactTime(comparison.asOf)}
        {comparison.hidden > 0 && <div>{t.hidden(comparison.hidden)}</div>}
      </div>
      <Table<ComparedTag>
        size="small"
        rowKey="tag"
        dataSource={comparison.tags}
        pagination={false}
        scroll={{ x: 720 }}
        locale={{ emptyText: t.noDifference }}
        columns={[
          {
            title: t.tag,
            key: 'tag',
            render: (_, tag) => <Link to={`/tags/${tag.tag}`}>{tag.name[language]}</Link>,
          },
          {
            title: <span title={t.effectHint}>{t.effect}</span>,
            key: 'effect',
            width: 220,
            render: (_, tag) => <EffectBar effect={tag.effect} measure={tag.measure} largest={largest} />,
          },
          { title: t.here, key: 'here', render: (_, tag) => side(tag, 0) },
          { title: t.there, key: 'there', render: (_, tag) => side(tag, 1) },
        ]}
      />
    </Flex>
  )
}

function Side({ tag, at }: { tag: ComparedTag; at: 0 | 1 }) {
  const t = useText(sharingText)
  const format = useFormat()
  const yesNo = useText(segmentText)
  const words: Record<string, string> = tag.type === 'bool' ? { true: yesNo.yes, false: yesNo.no } : {}
  const base = <div className="quiet small">{`${t.base} ${format.number(tag.base[at])}`}</div>
  const mean = tag.numbers?.[at].mean
  // The value the effect size speaks of: "yes" of a yes-or-no tag, else the most different one.
  const value = tag.values?.find(({ h }) => h === tag.effect) ?? tag.values?.[0]
  const day = (days: number) => new Date(days * 86_400_000).toISOString().slice(0, 10)
  let text = '–'
  if (tag.isCoverageOnly) text = t.hasValue
  else if (tag.numbers && mean !== null && mean !== undefined)
    text = `${t.mean} ${tag.type === 'date' ? day(mean) : format.number(Math.round(mean * 100) / 100)}`
  else if (value) text = `${words[value.value] ?? value.value} ${format.percent(value.shares[at], 1)}`
  return (
    <div>
      {text}
      {base}
    </div>
  )
}
