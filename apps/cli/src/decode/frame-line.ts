import { FIELDS, type FieldName, type MessageReader } from "@luxbus/packet"
import { dataRow, fieldRows, flagNames, isControl, isData, laneText, typeText } from "./frame-parts.ts"

// What is longer is cut off: a line stays a line.
const SHOWN_DATA = 48
const SHOWN_VALUE = 96
const SHOWN_DIGITS = 16

/** The reader's current frame as one line: type, lane and number, bytes and data; flags; fields by name. */
export function frameLine(reader: MessageReader): string {
  const control = isControl(reader)
  const words = [
    (control ? "control" : typeText(reader)).padEnd(7),
    ...(isData(reader) ? dataWords(reader) : []),
    ...flagNames(reader),
    ...(reader.compact ? [] : headerWords(reader)),
    ...fieldWords(reader),
  ]
  return words.join("  ").trimEnd()
}

function dataWords(reader: MessageReader): readonly string[] {
  const bytes = reader.data().length
  const place = `${laneText(reader)} ${reader.number}`
  return [place, `${bytes} bytes`, ...(bytes === 0 ? [] : [dataRow(reader, SHOWN_DATA)[1]])]
}

/** What a START's or ERROR's header says that no field does. */
function headerWords(reader: MessageReader): readonly string[] {
  const { epoch, deadlineMs } = reader.full()
  return [...(epoch ? [`epoch ${epoch}`] : []), ...(deadlineMs ? [`deadline ${deadlineMs} ms`] : [])]
}

/** Flags first: they say what the statement is. */
function fieldWords(reader: MessageReader): readonly string[] {
  const typed = fieldRows(reader).map(([name, value]) => ({ name, value, type: FIELDS[name as FieldName].type }))
  return [
    ...typed.filter(({ type }) => type === "flag").map(({ name }) => name),
    ...typed
      .filter(({ type }) => type !== "flag")
      .map(({ name, value, type }) => `${name} ${cut(value, type === "bytes" ? SHOWN_DIGITS : SHOWN_VALUE)}`),
  ]
}

function cut(value: string, most: number): string {
  return value.length > most ? `${value.slice(0, most)}…` : value
}
