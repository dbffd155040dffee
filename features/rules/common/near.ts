import { readNumber } from '#features/rules/common/canonical.ts'

/** Mean radius of the earth in kilometres. */
const earthKm = 6371.0088
export const radians = Math.PI / 180

export type Place = { lat: number; lng: number }

/** The haversine of the angle between two places; grows with the distance. Twin of `haversineSql`. */
export function haversine(from: Place, to: Place): number {
  const north = Math.sin(((to.lat - from.lat) * radians) / 2)
  const east = Math.sin(((to.lng - from.lng) * radians) / 2)
  return north * north + Math.cos(from.lat * radians) * Math.cos(to.lat * radians) * (east * east)
}

/** The haversine of a distance; half around the earth takes everything in. */
export function haversineOfKm(km: number): number {
  const half = km / earthKm / 2
  if (half >= Math.PI / 2) return 2
  return Math.sin(half) ** 2
}

/** The distance a haversine stands for, in kilometres. */
export const kmOfHaversine = (value: number): number => 2 * earthKm * Math.asin(Math.sqrt(Math.min(1, value)))

/** A place as properties or attributes tell it: both numbers, and on the earth. */
export function placeOf(values: ReadonlyMap<string, string>): Place | undefined {
  const lat = readNumber(values.get('latitude') ?? '')
  const lng = readNumber(values.get('longitude') ?? '')
  if (lat === undefined || lng === undefined) return undefined
  return Math.abs(lat) <= 90 && Math.abs(lng) <= 180 ? { lat, lng } : undefined
}
