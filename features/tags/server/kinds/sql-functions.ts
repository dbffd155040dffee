/**
 * Functions a tag's SQL may call: those that look at nothing but their arguments. Everything that reads files, dictionaries,
 * other tables, settings or the server, that waits or that writes, is left out by not being here.
 */
const names = `
  and or not xor if multiIf ifNull nullIf coalesce isNull isNotNull isZeroOrNull assumeNotNull toNullable
  equals notEquals less greater lessOrEquals greaterOrEquals in notIn exists between
  plus minus multiply divide intDiv intDivOrZero modulo moduloOrZero negate abs sign gcd lcm least greatest
  round floor ceil ceiling trunc roundBankers exp log log2 log10 sqrt cbrt pow power isFinite isNaN isInfinite
  like notLike ilike notILike match extract concat concatWithSeparator substring substringUTF8 left right length lengthUTF8 empty notEmpty
  lower upper lowerUTF8 upperUTF8 trim trimBoth trimLeft trimRight replaceOne replaceAll replaceRegexpOne replaceRegexpAll
  startsWith endsWith position positionCaseInsensitive leftPad rightPad splitByChar splitByString reverse
  tuple tupleElement array arrayElement map mapKeys mapValues mapContains lambda arrayJoin range
  arrayMap arrayFilter arrayCount arraySum arrayAvg arrayMin arrayMax arraySort arrayReverseSort arrayDistinct arrayUniq
  arrayExists arrayAll arrayFirst arrayLast arrayConcat arraySlice arrayEnumerate arrayReverse arrayPushBack arrayPushFront
  arrayPopBack arrayPopFront arrayDifference arrayCumSum arrayIntersect arrayStringConcat arrayZip arrayFlatten has hasAny hasAll indexOf countEqual
  CAST _CAST toString toInt8 toInt16 toInt32 toInt64 toUInt8 toUInt16 toUInt32 toUInt64 toFloat32 toFloat64
  toInt32OrNull toInt64OrNull toUInt32OrNull toFloat64OrNull toInt64OrZero toFloat64OrZero toDecimal64 toDecimal128 toDecimal64OrNull toDecimal128OrNull
  toDate toDate32 toDateOrNull toDate32OrNull toDateTime toDateTime64 toDateTimeOrNull toDateTime64OrNull
  toYear toQuarter toMonth toDayOfMonth toDayOfWeek toDayOfYear toHour toMinute toSecond toYYYYMM toYYYYMMDD
  toStartOfDay toStartOfWeek toStartOfMonth toStartOfQuarter toStartOfYear toStartOfHour toMonday toTimeZone toUnixTimestamp
  toIntervalSecond toIntervalMinute toIntervalHour toIntervalDay toIntervalWeek toIntervalMonth toIntervalQuarter toIntervalYear
  dateDiff date_diff dateAdd dateSub addDays addWeeks addMonths addYears addHours subtractDays subtractWeeks subtractMonths subtractYears subtractHours
  now today yesterday formatDateTime
  bitAnd bitOr bitXor bitShiftLeft bitShiftRight cityHash64 sipHash64 xxHash64
  count sum avg min max any anyLast argMin argMax uniq uniqExact uniqCombined median quantile quantileExact quantiles
  groupArray groupUniqArray groupBitAnd groupBitOr sumMap stddevPop stddevSamp varPop varSamp corr topK
  row_number rank dense_rank lagInFrame leadInFrame lag lead first_value last_value ntile
  caseWithExpression transform
`

/** What may follow the name of an aggregate: sumIf, argMaxOrNull … */
const combinator = /(?:If|OrNull|OrDefault|Distinct|Array)+$/

const allowed = new Set(
  names
    .split(/\s+/)
    .filter(Boolean)
    .map((name) => name.toLowerCase()),
)

/** Whether a tag's SQL may call it. */
export const isAllowedFunction = (name: string): boolean =>
  allowed.has(name.toLowerCase()) ||
  (combinator.test(name) && allowed.has(name.replace(combinator, '').toLowerCase()))
