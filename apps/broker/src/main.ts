#!/usr/bin/env node
import { parseArgs } from "node:util"
import { BusError } from "@luxbus/packet"
import { serve } from "./serve.ts"
import { SETTINGS } from "./settings.ts"

const FAILED = 1
const USAGE = 2

function readFlags(): Readonly<Record<string, string | boolean | undefined>> {
  const settings = SETTINGS.map(
    ({ flag, kind }) => [flag, { type: kind === "boolean" ? "boolean" : "string" }] as const,
  )
  try {
    return parseArgs({
      allowNegative: true,
      options: { ...Object.fromEntries(settings), config: { type: "string" }, help: { type: "boolean", short: "h" } },
    }).values
  } catch (cause) {
    throw new BusError("invalid_argument", cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

function help(): string {
  const rows = SETTINGS.map(
    ({ flag, variable, description, fallback }) =>
      `  --${flag}${fallback === true ? `, --no-${flag}` : ""}\n      ${description} (${variable})`,
  )
  return ["Usage: luxbus-broker [--config <file>] [settings]", "", ...rows, ""].join("\n")
}

try {
  const { help: wantsHelp, config, ...flags } = readFlags()
  if (wantsHelp === true) console.log(help())
  else
    await serve({
      file: typeof config === "string" ? config : undefined,
      flags,
      onListening: ({ url, page }) => {
        console.log(`luxbus broker on ${url}`)
        if (page !== undefined) console.log(`page for browsers on ${page}`)
      },
    })
} catch (error) {
  const known = error instanceof BusError
  console.error(`luxbus-broker: ${known ? `${error.message} (${error.code})` : error}`)
  process.exitCode = known && error.code === "invalid_argument" ? USAGE : FAILED
}
