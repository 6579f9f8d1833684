import type { RateLimits } from "@luxbus/server"
import { z } from "zod"

/** What can be limited, in words. */
const LIMITED: Readonly<Record<keyof RateLimits, string>> = {
  packets: "packets that one client may send",
  bytes: "bytes that one client may send",
  opens: "streams that one client may open",
  commands: "commands that one client may give",
  cancels: "streams that one client may ask to be stopped",
}

const NAMES = Object.keys(LIMITED) as readonly (keyof RateLimits)[]

const rate = (what: string) =>
  z
    .number()
    .positive()
    .meta({ description: `${what} in a second (default: any number)`, expected: "a number above 0" })
    .optional()

const burst = (what: string) =>
  z
    .number()
    .min(1)
    .meta({ description: `${what} at once (default: a second's worth)`, expected: "a number, 1 or more" })
    .optional()

/** Two settings for each limit. A burst without a rate says nothing. */
export const rateLimitsSchema = z
  .strictObject({
    packetsPerSecond: rate(LIMITED.packets),
    packetsBurst: burst(LIMITED.packets),
    bytesPerSecond: rate(LIMITED.bytes),
    bytesBurst: burst(LIMITED.bytes),
    opensPerSecond: rate(LIMITED.opens),
    opensBurst: burst(LIMITED.opens),
    commandsPerSecond: rate(LIMITED.commands),
    commandsBurst: burst(LIMITED.commands),
    cancelsPerSecond: rate(LIMITED.cancels),
    cancelsBurst: burst(LIMITED.cancels),
  })
  .superRefine((limits, { addIssue }) => {
    for (const name of NAMES) {
      if (limits[`${name}Burst`] === undefined || limits[`${name}PerSecond`] !== undefined) continue
      addIssue({ code: "custom", path: [`${name}PerSecond`], message: "a burst needs a rate" })
    }
  })

/** The limits as the server takes them. */
export function rateLimitsOf(limits: z.output<typeof rateLimitsSchema>): RateLimits {
  const entries = NAMES.flatMap((name) => {
    const [perSecond, most] = [limits[`${name}PerSecond`], limits[`${name}Burst`]]
    return perSecond === undefined ? [] : [[name, { perSecond, ...(most !== undefined && { burst: most }) }] as const]
  })
  return Object.fromEntries(entries)
}
