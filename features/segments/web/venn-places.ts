type Place = { x: number; y: number }
type Circle = Place & { nameX: number; nameY: number }
type Places = { circles: readonly Circle[]; labels: { readonly [inside: string]: Place } }

const two: Places = {
  circles: [
    { x: 135, y: 155, nameX: 95, nameY: 48 },
    { x: 225, y: 155, nameX: 265, nameY: 48 },
  ],
  labels: { '0': { x: 92, y: 160 }, '1': { x: 268, y: 160 }, '01': { x: 180, y: 160 } },
}

const three: Places = {
  circles: [
    { x: 135, y: 118, nameX: 95, nameY: 22 },
    { x: 225, y: 118, nameX: 265, nameY: 22 },
    { x: 180, y: 194, nameX: 180, nameY: 297 },
  ],
  labels: {
    '0': { x: 92, y: 105 },
    '1': { x: 268, y: 105 },
    '2': { x: 180, y: 250 },
    '01': { x: 180, y: 88 },
    '02': { x: 122, y: 178 },
    '12': { x: 238, y: 178 },
    '012': { x: 180, y: 148 },
  },
}

/** Where the circles of two or three sets stand, and the number of each region by the sets it lies in. */
export const placesOf = (count: number): Places => (count === 2 ? two : three)
