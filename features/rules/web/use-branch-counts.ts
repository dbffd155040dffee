import { useMemo } from 'react'
import type { Rule } from '../common/rule.ts'
import type { BranchCounts } from './editor-context.ts'
import { useEstimate } from './RuleEstimate.tsx'

/** Counts every part of the rule a moment after each change, in one request. */
export function useBranchCounts(rule: Rule): BranchCounts {
  const { data, isCounting, isComplete } = useEstimate(rule, true)
  return useMemo(() => {
    const counts = new Map(
      (data?.branches ?? []).map(({ path, count }) => [path.replace(/^rule\.?/, ''), count]),
    )
    return {
      of: (path) => counts.get(path),
      base: data?.base,
      asOf: data?.asOf,
      isOld: isCounting || !isComplete,
    }
  }, [data, isCounting, isComplete])
}
