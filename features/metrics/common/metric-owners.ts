/** Departments of the standard figures, Chinese first. */
const departments = {
  digital: ['数字金融部', 'Digital finance'],
  personal: ['个人金融部', 'Personal finance'],
  branches: ['网点管理部', 'Branch management'],
  protection: ['消费者权益保护部', 'Consumer protection'],
} as const satisfies Record<string, readonly [zh: string, en: string]>

/** An owner is one text, written by a person; those of the standard figures hold both languages. */
export const ownerOf = (department: keyof typeof departments): string => departments[department].join(' ')

const known = new Map(Object.values(departments).map((names) => [names.join(' '), names]))

/** The owner in the reader's language, or as it was written. */
export const ownerWords = (owner: string, language: 'zh' | 'en'): string =>
  known.get(owner)?.[language === 'zh' ? 0 : 1] ?? owner
