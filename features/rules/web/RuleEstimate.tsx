import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Alert, Flex, Progress, Spin, Tooltip } from 'antd'
import { useEffect, useMemo, useState } from 'react'
import { api } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useFormat } from '#platform/web/format.ts'
import { useText } from '#platform/web/text.ts'
import type { Rule } from '../common/rule.ts'
import { checkRule } from './check-rule.ts'
import { ruleText } from './rule-text.ts'

type Estimate = {
  count: number
  base: number
  asOf: string
  exact: true
  branches?: readonly { path: string; count: number }[]
}

/** How many customers in the reader's scope the rule holds for now; counted anew a moment after each change. */
export function useEstimate(rule: Rule, withBranches = false) {
  const text = useMemo(() => JSON.stringify(rule), [rule])
  const isComplete = useMemo(() => checkRule(rule).length === 0, [rule])
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), 350)
    return () => clearTimeout(timer)
  }, [text])
  const estimate = useQuery({
    queryKey: ['/api/segments/estimate', settled, withBranches],
    queryFn: ({ signal }) =>
      api.post<Estimate>(
        '/api/segments/estimate',
        { rule: JSON.parse(settled), ...(withBranches ? { branches: true } : {}) },
        signal,
      ),
    enabled: isComplete && settled === text,
    placeholderData: keepPreviousData,
    staleTime: 5_000,
  })
  return { ...estimate, isComplete, isCounting: isComplete && (estimate.isFetching || settled !== text) }
}

/** The live estimate: the count, its share of the base, and as of when; errors in words. */
export function RuleEstimate({ rule, withBranches = false }: { rule: Rule; withBranches?: boolean }) {
  const t = useText(ruleText)
  const format = useFormat()
  const words = useErrorWords()
  const { data, error, isComplete, isCounting } = useEstimate(rule, withBranches)
  const state = !isComplete ? 'incomplete' : isCounting ? 'counting' : error ? 'failed' : 'ready'
  return (
    <div
      data-testid="segment-estimate"
      data-state={state}
      data-count={state === 'ready' ? data?.count : undefined}
      aria-live="polite"
    >
      <Flex gap={8} align="center" className="quiet">
        <Tooltip title={t.estimateHint}>
          <span className="hinted">{t.estimate}</span>
        </Tooltip>
        {isCounting && <Spin size="small" aria-label={t.counting} />}
      </Flex>
      {!isComplete ? (
        <div className="quiet">{t.unfinished}</div>
      ) : error ? (
        <Alert type="error" showIcon title={words(error)} />
      ) : (
        data && (
          <div style={{ opacity: isCounting ? 0.5 : 1 }}>
            <span className="estimate-count">{format.number(data.count)}</span> <span>{t.customersUnit}</span>
            <Progress
              percent={data.base === 0 ? 0 : (data.count / data.base) * 100}
              showInfo={false}
              status="normal"
              size={{ height: 6 }}
              aria-label={t.estimate}
            />
            <div className="quiet small">
              {t.ofBase(
                data.base === 0 ? '–' : format.percent(data.count / data.base, 2),
                format.number(data.base),
              )}
            </div>
            <div className="quiet small">{t.asOf(format.exactTime(data.asOf))}</div>
          </div>
        )
      )}
    </div>
  )
}
