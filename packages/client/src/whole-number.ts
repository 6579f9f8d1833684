import { BusError } from "@luxbus/packet"

/** What every platform's timer takes: 31 bits. */
export const MAX_DELAY_MS = 0x7fff_ffff

/** @throws BusError `invalid_argument` (`details.name`) for what is no whole number from `min` to `max` */
export function assertWhole(name: string, value: number | undefined, min: number, max: number): void {
  if (value !== undefined && Number.isInteger(value) && value >= min && value <= max) return
  throw new BusError("invalid_argument", `${name} is a whole number from ${min} to ${max}.`, { details: { name } })
}
