const MIB = 1_024 * 1_024

/** `4 013 k`, `82 k`, `950`: thousands where there are ten of them, with thin groups. */
export function countText(value: number): string {
  return value >= 10_000 ? `${grouped(value / 1_000)} k` : grouped(value)
}

/** `602`: whole MiB from ten on, one decimal below. */
export function mibText(bytes: number): string {
  const mib = bytes / MIB
  return mib >= 10 ? grouped(mib) : mib.toFixed(1)
}

/** `0.073`, `8.21`, `143`: three digits that mean something. */
export function threeDigits(value: number): string {
  if (value >= 100) return grouped(value)
  if (value >= 10) return value.toFixed(1)
  return value >= 1 ? value.toFixed(2) : value.toFixed(3)
}

/** `87 %` */
export function percentText(share: number): string {
  return `${Math.round(share * 100)} %`
}

function grouped(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, " ")
}
