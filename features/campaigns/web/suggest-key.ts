/** Words of campaign names that bank people use, with the English that makes a readable key. Longer ones first. */
const words: readonly (readonly [zh: string, en: string])[] = [
  ['信用卡', 'card'],
  ['借记卡', 'debit'],
  ['高净值', 'private'],
  ['客户经理', 'rm'],
  ['代发工资', 'payroll'],
  ['养老金', 'pension'],
  ['沉睡', 'dormant'],
  ['唤醒', 'wake'],
  ['激活', 'activate'],
  ['首购', 'first-buy'],
  ['复购', 'rebuy'],
  ['理财', 'wealth'],
  ['基金', 'fund'],
  ['保险', 'insurance'],
  ['存款', 'deposit'],
  ['定期', 'term'],
  ['大额', 'large'],
  ['贷款', 'loan'],
  ['代发', 'payroll'],
  ['工资', 'salary'],
  ['到期', 'maturity'],
  ['承接', 'renew'],
  ['开户', 'onboard'],
  ['新客', 'new'],
  ['老客', 'loyal'],
  ['回流', 'return'],
  ['挽留', 'retain'],
  ['防流失', 'retain'],
  ['提升', 'grow'],
  ['潜力', 'promising'],
  ['生日', 'birthday'],
  ['养老', 'pension'],
  ['春节', 'spring-festival'],
  ['开门红', 'new-year'],
  ['春季', 'spring'],
  ['夏季', 'summer'],
  ['秋季', 'autumn'],
  ['冬季', 'winter'],
  ['分行', 'branch'],
  ['私行', 'private'],
]

/**
 * A key made from a campaign's name: Latin words as they are, known Chinese words in English. A name without either gets
 * the day, `campaign-20260801`, so that there is always one to keep or change.
 */
export function suggestKey(name: string, day: string): string {
  let text = name.trim().toLowerCase()
  if (text === '') return ''
  for (const [zh, en] of words) text = text.replaceAll(zh, ` ${en} `)
  const parts: string[] = text.match(/[a-z0-9]+(?:-[a-z0-9]+)*/g) ?? []
  const key = parts.filter((part, index) => parts.indexOf(part) === index).join('-')
  const started = key
    .replace(/^[^a-z]+/, '')
    .slice(0, 64)
    .replace(/-+$/, '')
  return started === '' ? `campaign-${day.replaceAll('-', '')}` : started
}
