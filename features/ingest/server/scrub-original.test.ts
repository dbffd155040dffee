import { expect, test } from 'vitest'
import { scrubOriginal } from '#features/ingest/server/scrub-original.ts'

test('what is kept of a refused message can be mended, and tells nothing of a person', () => {
  const message = {
    ...{ type: 'track', event: 'e', userId: 'C1', messageId: 'm1', writeKey: 'k' },
    properties: {
      amount: 5,
      note: '回电 13800138000 谢谢',
      phone: '1',
      list: [{ card: '4111111111111111' }, 13800138000],
    },
    traits: { name: '张三', job: 'x' },
    identities: { openId: 'o1' },
    context: { token: 't.t.t', page: { url: '/a' } },
  }
  expect(JSON.parse(scrubOriginal(message))).toEqual({
    ...{ type: 'track', event: 'e', userId: 'C1', messageId: 'm1', writeKey: '*' },
    properties: { amount: 5, note: '回电 * 谢谢', phone: '*', list: [{ card: '*' }, '*'] },
    traits: { name: '*', job: 'x' },
    identities: '*',
    context: { token: '*', page: { url: '/a' } },
  })
})

test('whatever it is given, it gives text; what is too long is not kept', () => {
  for (const input of [undefined, null, 'x', 5, [], { a: undefined }])
    expect(typeof scrubOriginal(input)).toBe('string')
  expect(scrubOriginal({ a: 'x'.repeat(40_000) })).toBe('')
})
