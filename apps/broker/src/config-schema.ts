import { assertPattern } from "@luxbus/packet"
import { z } from "zod"
import { rateLimitsSchema } from "./rate-limits-schema.ts"
import { tokenSchema } from "./token-schema.ts"

/** Attaches what people read: in `--help`, in the README's table and in the error about a wrong value. */
function describe<T extends z.ZodType>(type: T, description: string, expected: string): T {
  return type.meta({ description, expected })
}

const milliseconds = (description: string, min: number) =>
  describe(z.int().min(min), description, `a whole number of milliseconds, ${min} or more`)

const bytes = (description: string, min: number) =>
  describe(z.int().min(min), description, `a whole number of bytes, ${min} or more`)

const flag = (description: string) => describe(z.boolean(), description, "true or false")

const list = (description: string, expected: string) => describe(z.array(z.string().min(1)), description, expected)

const pattern = z.string().refine((text) => {
  try {
    assertPattern(text)
    return true
  } catch {
    return false
  }
})

const bound = z.int().min(1).optional()

/** One policy, as the dispatcher takes it. */
const topicPolicy = z.strictObject({
  match: pattern,
  history: z.strictObject({ messages: bound, bytes: bound, ageMs: bound }).optional(),
  retain: z.boolean().optional(),
})

const MIB = 1024 * 1024

/** The one description of the broker's configuration: shape, defaults, and the words for `--help` and errors. */
export const configSchema = z.strictObject({
  host: describe(z.string().min(1), "address to listen on", "a host name or an IP address").default("127.0.0.1"),
  port: describe(
    z.int().min(0).max(65_535),
    "port to listen on; 0 picks a free one",
    "a whole number from 0 to 65535",
  ).default(7700),
  insecure: flag("listen beyond loopback without tokens").default(false),
  origins: list(
    "origins of web pages that may connect, beside the broker's own; any for all",
    "a list of origins such as https://app.example",
  ).default([]),
  hosts: list(
    "names under which the broker is reached, beside its address; any for all",
    "a list of host names such as bus.example",
  ).default([]),
  page: flag("serve the page, which shows jobs and sends files, to browsers at the same address").default(true),
  demo: flag("let whoever is connected start the one demo job, as the page can").default(false),
  auth: z
    .strictObject({
      tokens: describe(
        z.record(z.string().regex(/^[0-9a-f]{64}$/), tokenSchema),
        "who may connect: the SHA-256 of a token in hex, to a client id (see `luxbus token new`), or to what it may (below)",
        "an object of SHA-256 hashes (64 hex digits) to client ids, or to objects with an id",
      ).default({}),
    })
    .prefault({}),
  limits: z
    .strictObject({
      ringBytes: bytes("what is kept of one hosted stream; older data goes with an explicit gap", 64 * 1024).default(
        64 * MIB,
      ),
      maxHostedBytes: bytes("what is kept of all hosted streams together; finished ones go first", 64 * 1024).default(
        512 * MIB,
      ),
      keepFinishedMs: milliseconds("how long a finished stream can still be attached to", 0).default(3_600_000),
      windowMs: milliseconds("how long a lost client is waited for before its streams expire", 100).default(120_000),
      mailboxTtlMs: milliseconds("how long a message waits in the mailbox of a client that is away", 100).default(
        120_000,
      ),
    })
    .prefault({}),
  topics: describe(
    z.array(topicPolicy),
    "what is kept of which subjects, each by the first policy whose pattern matches",
    'a list such as [{ "match": "news.*", "history": { "messages": 100, "bytes": 65536, "ageMs": 60000 }, "retain": true }]',
  ).default([]),
  rateLimits: rateLimitsSchema.prefault({}),
  heartbeat: z
    .strictObject({
      intervalMs: milliseconds("time between pings", 50).default(25_000),
      timeoutMs: milliseconds("how long an answer to a ping may take", 50).default(8_000),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: describe(
        z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]),
        "least level that is logged",
        "trace, debug, info, warn, error, fatal or silent",
      ).default("info"),
      pretty: flag("logs for people instead of JSON lines (default: on a terminal)").optional(),
    })
    .prefault({}),
})

/** A checked configuration, every default filled in. */
export type BrokerConfig = z.output<typeof configSchema>
