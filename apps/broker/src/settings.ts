import { z } from "zod"
import { configSchema } from "./config-schema.ts"

/** How a setting is written as text: in the environment and on the command line. */
export type SettingKind = "text" | "number" | "boolean" | "list" | "map" | "json"

/** One leaf of the configuration, with the names derived from its key. */
export interface Setting {
  /** Dotted, as in the configuration file: `limits.ringBytes`. */
  readonly key: string
  readonly kind: SettingKind
  /** `LUXBUS_LIMITS_RING_BYTES` */
  readonly variable: string
  /** `limits-ring-bytes`, without the leading dashes. */
  readonly flag: string
  readonly description: string
  /** What a right value looks like. */
  readonly expected: string
  readonly fallback: unknown
}

/** Every setting of the broker, in the schema's order. */
export const SETTINGS: readonly Setting[] = leaves(configSchema, [])

function leaves(schema: z.ZodObject, path: readonly string[]): Setting[] {
  return Object.entries(schema.shape).flatMap(([name, type]) => {
    const { inner, fallback } = unwrap(type)
    return inner instanceof z.ZodObject ? leaves(inner, [...path, name]) : [settingOf(inner, [...path, name], fallback)]
  })
}

function unwrap(type: z.core.$ZodType): { inner: z.core.$ZodType; fallback: unknown } {
  if (type instanceof z.ZodDefault || type instanceof z.ZodPrefault)
    return { inner: type.def.innerType, fallback: type.def.defaultValue }
  if (type instanceof z.ZodOptional) return { inner: type.def.innerType, fallback: undefined }
  return { inner: type, fallback: undefined }
}

function settingOf(type: z.core.$ZodType, path: readonly string[], fallback: unknown): Setting {
  const words = path.flatMap((name) => name.split(/(?=[A-Z])/)).map((word) => word.toLowerCase())
  const meta = type instanceof z.ZodType ? type.meta() : undefined
  return {
    key: path.join("."),
    kind: kindOf(type),
    variable: `LUXBUS_${words.join("_").toUpperCase()}`,
    flag: words.join("-"),
    description: meta?.description ?? "",
    expected: String(meta?.["expected"]),
    fallback,
  }
}

function kindOf(type: z.core.$ZodType): SettingKind {
  if (type instanceof z.ZodNumber) return "number"
  if (type instanceof z.ZodBoolean) return "boolean"
  if (type instanceof z.ZodArray) return type.element instanceof z.ZodObject ? "json" : "list"
  return type instanceof z.ZodRecord ? "map" : "text"
}

/**
 * Reads a setting's value from text: lists parted by commas, maps and lists of objects as JSON. Text that does not fit
 * is handed on as it stands, for the schema to refuse.
 */
export function parseSetting(setting: Setting, text: string): unknown {
  switch (setting.kind) {
    case "text":
      return text
    case "number":
      return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text
    case "boolean":
      return text === "true" || text === "1" ? true : text === "false" || text === "0" ? false : text
    case "list":
      return text.split(",").map((item) => item.trim())
    case "map":
    case "json":
      return parseJson(text)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
