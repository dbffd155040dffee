import { expect, test } from 'vitest'
import { isHarmlessPattern } from '#features/plan/common/harmless-pattern.ts'

test.each([
  '\\d{3,4}-\\d{7,8}',
  '[A-Z]{2}\\d+',
  'W\\d{1,6}(-[a-z])?',
  '(app|web|mini)',
  '[(*+]\\*?',
  '\\p{Script=Han}{2,20}',
  'a+b*',
])('%s may be used', (pattern) => expect(isHarmlessPattern(pattern)).toBe(true))
test.each([
  '(a+)+',
  '(a|a)*b',
  '(?:a*){2,}',
  '.*.*.*x',
  '\\d{1,64}\\d{1,64}\\d{1,64}\\d{1,64}',
  '(?=a)b',
  '(a)\\1',
  '(?<!a)b',
  '[',
  'a)(b',
  '(a{1,30}){2}',
])('%s is refused', (pattern) => expect(isHarmlessPattern(pattern)).toBe(false))
