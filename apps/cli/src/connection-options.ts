import type { OptionSpecs } from "./command.ts"

/** Where a client connects unless told otherwise: the broker's own default. */
export const DEFAULT_URL = "ws://127.0.0.1:7700"

/** The flags of every command that connects. */
export const CONNECTION_OPTIONS = {
  url: { type: "string", value: "<url>", description: `the broker (default: LUXBUS_URL, else ${DEFAULT_URL})` },
  token: { type: "string", value: "<token>", description: "who you are (default: LUXBUS_TOKEN)" },
} as const satisfies OptionSpecs

/** The flag of every command that prints results. */
export const JSON_OPTION = {
  json: { type: "boolean", description: "print JSON, one object per line" },
} as const satisfies OptionSpecs

/** The flags of every command that reads a hosted stream. */
export const ATTACH_OPTIONS = {
  from: { type: "string", value: "<place>", description: "start, now, or a cursor (default: start)" },
  wait: { type: "boolean", description: "wait for a job that is not there yet" },
} as const satisfies OptionSpecs

/** What the help says of commands that not everybody may give. */
export const OPERATORS_ONLY =
  "For operators: a token that may not do everything needs `operator` in the broker's configuration."
