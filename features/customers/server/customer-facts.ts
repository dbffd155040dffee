import { amountMinor, isAmount } from '#features/customers/common/amount.ts'
import { customerError } from '#features/customers/common/customer-errors.ts'
import { mergedFrom } from '#features/customers/server/customer-homes.ts'
import type { BalanceInput, HoldingInput } from '#features/customers/server/customer-inputs.ts'
import { storable } from '#features/customers/server/customer-rows.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { BinaryColumn, ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { createRowBinaryWriter } from '#platform/server/clickhouse/row-binary.ts'

const balanceColumns: readonly BinaryColumn[] = [
  { name: 'customer_id', type: 'UInt32' },
  { name: 'class', type: 'String' },
  { name: 'business_date', type: 'Date32' },
  { name: 'currency', type: 'String' },
  { name: 'amount', type: 'Decimal(18, 2)' },
  { name: 'received_at', type: "DateTime64(3, 'UTC')" },
  { name: 'ver', type: 'UInt64' },
]

const holdingColumns: readonly BinaryColumn[] = [
  { name: 'customer_id', type: 'UInt32' },
  { name: 'holding_no', type: 'String' },
  { name: 'product_code', type: 'String' },
  { name: 'family', type: 'String' },
  { name: 'currency', type: 'String' },
  { name: 'amount', type: 'Nullable(Decimal(18, 2))' },
  { name: 'opened_on', type: 'Nullable(Date32)' },
  { name: 'closed_on', type: 'Nullable(Date32)' },
  { name: 'attributes', type: 'Map(String, String)' },
  { name: 'ver', type: 'UInt64' },
  { name: 'is_deleted', type: 'UInt8' },
]

const dayMs = 86_400_000
const firstDay = Date.UTC(1900, 0, 1) / dayMs
const lastDay = Date.UTC(2299, 11, 31) / dayMs

/** A Date32: the days since 1970, as the unsigned number with the same bits. */
const dayNumberOf = (day: string, row: number): number => {
  const moment = new Date(`${day}T00:00:00Z`)
  const days = moment.getTime() / dayMs
  // A 30th of February is read as a day of March.
  const isDay = days >= firstDay && days <= lastDay && moment.toISOString().startsWith(day)
  if (!isDay) throw customerError('BUSINESS_DATE_INVALID', { row })
  return days >>> 0
}

const minorOf = (amount: string, row: number): bigint => {
  if (!isAmount(amount)) throw customerError('AMOUNT_INVALID', { row })
  return amountMinor(amount)
}

/** What came under a merged number says so: a split gives it back. */
const attributesOf = ({ customerId, attributes = {} }: HoldingInput, isMerged: boolean) =>
  Object.entries(isMerged ? { ...attributes, [mergedFrom]: String(customerId) } : attributes)

/** Versions by the clock, larger than any before also when the clock stands still or steps back. */
export function createVersions(clock: Clock): (count: number) => bigint {
  let last = 0n
  return (count) => {
    const now = BigInt(clock.now().getTime()) << 20n
    const first = now > last ? now : last + 1n
    last = first + BigInt(Math.max(count, 1)) - 1n
    return first
  }
}

/** Batch writes of what counts per customer to the warehouse; of rows with one key the last one counts. */
export function createCustomerFacts(deps: {
  ch: ClickHouse
  clock: Clock
  newVer: (count: number) => bigint
  /** Where merged numbers among these are counted. */
  homesOf: (customerIds: readonly number[]) => Promise<ReadonlyMap<number, number>>
}) {
  const { ch, clock, newVer } = deps
  return {
    async addBalances(rows: readonly BalanceInput[]): Promise<void> {
      if (rows.length === 0) return
      const firstVer = newVer(rows.length)
      const receivedAt = clock.now().getTime()
      const writer = createRowBinaryWriter(rows.length * 64)
      rows.forEach((row, index) => {
        writer.uint32(row.customerId)
        writer.string(row.class)
        writer.uint32(dayNumberOf(row.businessDate, index))
        writer.string(row.currency)
        writer.decimal64(minorOf(row.amount, index))
        writer.dateTime64Millis(receivedAt)
        writer.uint64(firstVer + BigInt(index))
      })
      await ch.insertBinary('balance', balanceColumns, writer.take(), { lane: 'load' })
    },

    async addHoldings(rows: readonly HoldingInput[]): Promise<void> {
      if (rows.length === 0) return
      const homes = await deps.homesOf(rows.map((row) => row.customerId))
      const firstVer = newVer(rows.length)
      const writer = createRowBinaryWriter(rows.length * 256)
      rows.forEach((row, index) => {
        writer.uint32(homes.get(row.customerId) ?? row.customerId)
        writer.string(row.holdingNo)
        writer.string(row.productCode)
        writer.string(row.family)
        writer.string(row.currency)
        writer.nullable(row.amount, (amount) => writer.decimal64(minorOf(amount, index)))
        writer.nullable(row.openedOn, (day) => writer.uint32(dayNumberOf(day, index)))
        writer.nullable(row.closedOn, (day) => writer.uint32(dayNumberOf(day, index)))
        writer.mapStringString(
          attributesOf(row, homes.has(row.customerId)).map(
            ([name, value]) => [storable(name), storable(value)] as const,
          ),
        )
        writer.uint64(firstVer + BigInt(index))
        writer.uint8(0)
      })
      await ch.insertBinary('holding', holdingColumns, writer.take(), { lane: 'load' })
    },
  }
}
