const MIB = 1_024 * 1_024

/** `4 013 k`, `82 k`, `950`: in thousands from ten of them on. */
export function countText(value: number): string {
  return value >= 10_000 ? `${grouped(value / 1_000)} k` : grouped(value)
}

/** `602`, `9.3`: MiB of a number of bytes, whole ones from ten on. */
export function mibText(bytes: number): string {
  const mib = bytes / MIB
  return mib >= 9.95 ? grouped(mib) : mib.toFixed(1)
}

/** `0.073`, `8.21`, `13.2`, `143`: no more digits than mean something. */
export function threeDigits(value: number): string {
  if (value >= 99.95) return grouped(value)
  if (value >= 9.995) return value.toFixed(1)
  return value >= 0.9995 ? value.toFixed(2) : value.toFixed(3)
}

/** `87 %` */
export function percentText(share: number): string {
  return `${Math.round(share * 100)} %`
}

function grouped(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, " ")
}
