/** Length of the text as it goes over the wire; Chinese takes three bytes a character. Mini-programs have no TextEncoder. */
export function byteLength(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    // Two halves of a surrogate pair make four bytes together.
    if (unit > 0x7ff) bytes += unit >= 0xd800 && unit <= 0xdfff ? 1 : 2
    else if (unit > 0x7f) bytes++
  }
  return bytes
}
