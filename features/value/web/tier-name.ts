import { aumTiers } from '#features/customers/common/aum-tier.ts'
import { useLanguage } from '#platform/web/language.ts'
import { useText } from '#platform/web/text.ts'
import { valueText } from './value-text.ts'

/** The words of a tier or of the nodes beside them. */
export function useTierName(): (code: string) => string {
  const t = useText(valueText)
  const language = useLanguage()
  return (code) => {
    if (code === 'new') return t.isNew
    if (code === 'closed') return t.closed
    const tier = aumTiers.find((one) => one.code === code)
    return tier ? `${code} ${tier.name[language]}` : code
  }
}

/** The day so many days ago, as YYYY-MM-DD by the bank's clock. */
export const daysAgo = (days: number): string =>
  new Date(Date.now() + 8 * 3_600_000 - days * 86_400_000).toISOString().slice(0, 10)
