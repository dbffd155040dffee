import type { SequenceStep } from '../common/rule.ts'

/** Where each step goes, by where it was; a step that is taken out goes nowhere. */
type Moved = (step: number) => number | undefined

/** Comparisons go on naming the step they meant; those that would name a later step, or none, are dropped. */
function renumber(steps: readonly SequenceStep[], moved: Moved): SequenceStep[] {
  return steps.map((step, index) => {
    const where = step.where?.flatMap((one) => {
      if (!('step' in one)) return [one]
      const to = moved(one.step)
      return to === undefined || to >= index ? [] : [{ ...one, step: to }]
    })
    return { did: step.did, ...(where?.length ? { where } : {}) }
  })
}

/** Takes a step to another place. */
export function moveStep(steps: readonly SequenceStep[], from: number, to: number): SequenceStep[] {
  const places = steps.map((_, index) => index)
  const order = places.toSpliced(from, 1).toSpliced(to, 0, from)
  return renumber(
    order.flatMap((place) => steps[place] ?? []),
    (step) => order.indexOf(step),
  )
}

/** Takes a step out. */
export const removeStep = (steps: readonly SequenceStep[], at: number): SequenceStep[] =>
  renumber(steps.toSpliced(at, 1), (step) => (step === at ? undefined : step > at ? step - 1 : step))
