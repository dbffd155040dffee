import { expect, test } from 'vitest'
import { byteSize } from './byte-size.ts'

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KB'],
  [1_572_864, '1.5 MB'],
  [5 * 1024 ** 3, '5.0 GB'],
])('%d is %s', (bytes, words) => expect(byteSize(bytes)).toBe(words))
