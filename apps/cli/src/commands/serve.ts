import { SETTINGS, serve } from "@luxbus/broker"
import { defineCommand, type OptionSpecs } from "../command.ts"
import { JSON_OPTION } from "../connection-options.ts"

const SETTING_OPTIONS: OptionSpecs = Object.fromEntries(
  SETTINGS.map(({ flag, kind, description, fallback }) => [
    flag,
    kind === "boolean"
      ? { type: "boolean", description }
      : { type: "string", value: `<${kind}>`, description: description + defaultOf(fallback) },
  ]),
)

function defaultOf(fallback: unknown): string {
  const isEmpty = fallback === undefined || JSON.stringify(fallback) === "[]" || JSON.stringify(fallback) === "{}"
  return isEmpty ? "" : ` (default: ${fallback})`
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
    "Every setting can also stand in the configuration file, or in the environment as LUXBUS_ and its\nname in capitals: LUXBUS_PORT, LUXBUS_LIMITS_RING_BYTES. Flags win over the environment, the\nenvironment over the file. Logs go to stderr, the address to stdout.",
  ],
  examples: [
    "luxbus serve",
    "luxbus serve --port 0 --json",
    "luxbus serve --host 0.0.0.0 --config /etc/luxbus.json",
    "LUXBUS_LOG_LEVEL=debug luxbus serve",
  ],
  async run({ options: { config, json, ...flags }, terminal }) {
    await serve({
      file: config,
      flags,
      onListening: (url) =>
        void terminal.out(json === true ? `${JSON.stringify({ url })}\n` : `luxbus broker on ${url}\n`),
    })
    return 0
  },
})
