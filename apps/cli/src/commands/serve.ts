import { SETTINGS, serve } from "@luxbus/broker"
import { defineCommand, type OptionSpecs } from "../command.ts"
import { JSON_OPTION } from "../connection-options.ts"

const SETTING_OPTIONS: OptionSpecs = Object.fromEntries(
  SETTINGS.map(({ flag, kind, description, fallback }) => [
    flag,
    kind === "boolean"
      ? { type: "boolean", negatable: fallback === true, description }
      : { type: "string", value: `<${kind}>`, description: description + defaultOf(fallback) },
  ]),
)

function defaultOf(fallback: unknown): string {
  const isEmpty = fallback === undefined || JSON.stringify(fallback) === "[]" || JSON.stringify(fallback) === "{}"
  return isEmpty ? "" : ` (default: ${fallback})`
}

/** Where a broker is reached. */
type Addresses = Parameters<Parameters<typeof serve>[0]["onListening"]>[0]

function asText({ url, page }: Addresses): string {
  return `luxbus broker on ${url}\n${page === undefined ? "" : `page for browsers on ${page}\n`}`
}

function asJson({ url, page }: Addresses): string {
  return `${JSON.stringify({ url, page })}\n`
}

/** `luxbus serve`: a broker on this machine. */
export const serveCommand = defineCommand({
  name: "serve",
  usage: "serve [options]",
  summary: "run a broker",
  positionals: [0, 0],
  closedPipe: "ignore",
  options: {
    ...SETTING_OPTIONS,
    config: { type: "string", value: "<file>", description: "configuration (default: luxbus.config.json, if there)" },
    ...JSON_OPTION,
  },
  notes: [
    "Every setting can also stand in the configuration file, or in the environment as LUXBUS_ and its\nname in capitals: LUXBUS_PORT, LUXBUS_LIMITS_RING_BYTES. Flags win over the environment, the\nenvironment over the file. Logs go to stderr, addresses to stdout.",
  ],
  examples: [
    "luxbus serve",
    "luxbus serve --port 0 --json",
    "luxbus serve --demo                            # whoever opens the page can start the demo job",
    "luxbus serve --no-page",
    "luxbus serve --host 0.0.0.0 --config /etc/luxbus.json",
    "LUXBUS_LOG_LEVEL=debug luxbus serve",
  ],
  async run({ options: { config, json, ...flags }, terminal }) {
    await serve({
      file: config,
      flags,
      onListening: (addresses) => void terminal.out(json === true ? asJson(addresses) : asText(addresses)),
    })
    return 0
  },
})
