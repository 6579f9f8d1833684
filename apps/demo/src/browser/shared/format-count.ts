const COUNT = new Intl.NumberFormat("en")

/** A count with its digits in groups: `12,345`. */
export function formatCount(count: number): string {
  return COUNT.format(count)
}
