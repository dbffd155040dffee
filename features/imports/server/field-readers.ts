import { isAmount } from '#features/customers/common/amount.ts'
import { isCustomerNo } from '#features/customers/common/customer-no.ts'
import type { Expression } from '#features/imports/common/expression.ts'
import { parseYesNo } from '#features/imports/common/parse-number.ts'
import { RejectedRow } from '#features/imports/common/reject.ts'
import {
  type CompileContext,
  compileExpression,
  type Row,
} from '#features/imports/server/compile-expression.ts'

type Read<T> = (row: Row) => T
type Maybe = Expression | undefined

/** Longest texts: codes and names are keys elsewhere, free text has room. */
export const longest = { code: 64, name: 200, text: 4096 }

const missing = (field: string) => new RejectedRow('VALUE_MISSING', field, 'has no value')

/** Makes typed readers of the fields of a step; each rejects the row whose value does not fit. */
export function createFieldReaders(context: CompileContext) {
  const { parsers } = context

  function optionalText(expression: Maybe, field: string, most: number): Read<string | null> {
    if (expression === undefined) return () => null
    const read = compileExpression(expression, field, context)
    return (row) => {
      const value = read(row)
      if (value !== null && value.length > most)
        throw new RejectedRow('VALUE_TOO_LONG', field, `has more than ${most} characters`)
      return value
    }
  }

  function required<T>(read: Read<T | null>, field: string): Read<T> {
    return (row) => {
      const value = read(row)
      if (value === null) throw missing(field)
      return value
    }
  }

  function parsed<T>(
    expression: Maybe,
    field: string,
    parse: (text: string, field: string) => T,
  ): Read<T | null> {
    const text = optionalText(expression, field, longest.text)
    return (row) => {
      const value = text(row)
      return value === null ? null : parse(value, field)
    }
  }

  const asAmount = (text: string, field: string): string => {
    const amount = parsers.number(text, field)
    if (!isAmount(amount))
      throw new RejectedRow(
        'AMOUNT_INVALID',
        field,
        'has more than 16 digits before or 2 after the decimal sign',
      )
    return amount
  }
  const asYesNo = (text: string, field: string): boolean => {
    const value = parseYesNo(text)
    if (value === undefined) throw new RejectedRow('VALUE_INVALID', field, 'is neither yes nor no')
    return value
  }
  const asCustomerNo = (text: string, field: string): string => {
    if (!isCustomerNo(text))
      throw new RejectedRow(
        'VALUE_INVALID',
        field,
        'a customer number has 1 to 64 characters and no control characters',
      )
    return text
  }

  return {
    text: (expression: Expression, field: string, most: number) =>
      required(optionalText(expression, field, most), field),
    optionalText,
    customerNo: (expression: Expression, field = 'customerNo') =>
      required(parsed(expression, field, asCustomerNo), field),
    day: (expression: Expression, field: string) => required(parsed(expression, field, parsers.day), field),
    optionalDay: (expression: Maybe, field: string) => parsed(expression, field, parsers.day),
    timeMs: (expression: Expression, field: string) =>
      required(parsed(expression, field, parsers.time), field),
    optionalTimeMs: (expression: Maybe, field: string) => parsed(expression, field, parsers.time),
    amount: (expression: Expression, field: string) => required(parsed(expression, field, asAmount), field),
    optionalAmount: (expression: Maybe, field: string) => parsed(expression, field, asAmount),
    yesNo: (expression: Expression, field: string) => required(parsed(expression, field, asYesNo), field),

    /** One of the words, or undefined where there is no expression or no value. */
    optionalWord<W extends string>(
      expression: Maybe,
      field: string,
      words: readonly W[],
    ): Read<W | undefined> {
      const read = parsed(expression, field, (text): W => {
        const word = words.find((each) => each === text)
        if (word === undefined)
          throw new RejectedRow('VALUE_INVALID', field, `is none of ${words.join(', ')}`)
        return word
      })
      return (row) => read(row) ?? undefined
    },

    /** Values by name; names without a value are left out. */
    texts(
      expressions: Readonly<Record<string, Expression>> | undefined,
      field: string,
    ): Read<Record<string, string>> {
      const reads = Object.entries(expressions ?? {}).map(
        ([name, expression]) => [name, optionalText(expression, `${field}.${name}`, longest.text)] as const,
      )
      return (row) => {
        const texts: Record<string, string> = {}
        for (const [name, read] of reads) {
          const value = read(row)
          if (value !== null) texts[name] = value
        }
        return texts
      }
    },

    numbers(expressions: Readonly<Record<string, Expression>>, field: string): Read<Record<string, number>> {
      const reads = Object.entries(expressions).map(([name, expression]) => {
        const path = `${field}.${name}`
        return [name, parsed(expression, path, (text) => Number(parsers.number(text, path)))] as const
      })
      return (row) => {
        const numbers: Record<string, number> = {}
        for (const [name, read] of reads) {
          const value = read(row)
          if (value !== null) numbers[name] = value
        }
        return numbers
      }
    },
  }
}
export type FieldReaders = ReturnType<typeof createFieldReaders>
