import { BusError, isErrorCode, PacketFramer, parsePackets } from "@luxbus/packet"
import { CodecConnection } from "./connection.ts"
import { HOSTED } from "./streams.ts"
import type { InvalidPacketVector, PacketVector } from "./vector.ts"

const TEXTS: readonly (readonly [name: string, text: string])[] = [
  [
    "the seed's chunk",
    '{ "uid": "job.42", "from": "clientA", "type": "stream", "chunk": 3, "of": 12, "is_final": false, "data": "…", "timestamp": 1723445670.001 }',
  ],
  ["a chunk without is_final, to nobody", '{"uid":"job.42","type":"stream","from":"clientA","to":null,"chunk":0}'],
  ["a chunk in an array", '[{"uid":"job.42","type":"stream","chunk":0}]'],
  ["no packets", "[]"],
  ["an alias in place of the name", '{"uid":"","type":"stream","alias":1,"chunk":0}'],
  ["fields that nobody knows", '{"uid":"job.42","type":"stream","chunk":0,"colour":"red"}'],
  [
    "missing as a flat list, in any order",
    '{"uid":"job.42","type":"stream","from":"clientA","status":"missing","missing":[4,3,9,3]}',
  ],
  ["ranges that touch", '{"uid":"job.42","type":"stream","from":"clientA","missing":[[1,2],[3,4],5]}'],
  [
    "more than 64 ranges: the lowest count",
    JSON.stringify({
      uid: "job.42",
      type: "stream",
      from: "clientA",
      missing: Array.from({ length: 70 }, (_, i) => 2 * i),
    }),
  ],
  ["data without encoding", '{"uid":"job.42","type":"stream","chunk":0,"data":{ "b": 1, "1": 2 }}'],
  ["more: false", '{"uid":"job.42","type":"stream","chunk":0,"more":false,"encoding":"json","data":"[1]"}'],
]

const FAULTY: readonly (readonly [name: string, text: string])[] = [
  ["no JSON", "{"],
  ["empty", ""],
  ["a number", "7"],
  ["an array of an array", "[[]]"],
  ["no uid", '{"type":"stream"}'],
  ["no type", '{"uid":"a"}'],
  ["uid: no name", '{"uid":"a\\nb","type":"stream"}'],
  ["type: unknown", '{"uid":"a","type":"request"}'],
  ["chunk: negative", '{"uid":"a","type":"stream","chunk":-1}'],
  ["chunk: over 2^53-1", '{"uid":"a","type":"stream","chunk":9007199254740992}'],
  ["chunk: a fraction", '{"uid":"a","type":"stream","chunk":0.5}'],
  ["missing: a reversed pair", '{"uid":"a","type":"stream","missing":[[5,4]]}'],
  ["ack: three numbers", '{"uid":"a","type":"stream","ack":[[1,2,3]]}'],
  ["data: no base64", '{"uid":"a","type":"stream","chunk":0,"encoding":"base64","data":"A"}'],
  ["data: base64 without padding", '{"uid":"a","type":"stream","chunk":0,"encoding":"base64","data":"AQI"}'],
  ["data: base64 with bits behind its end", '{"uid":"a","type":"stream","chunk":0,"encoding":"base64","data":"AQJ="}'],
  ["data: a number with an encoding", '{"uid":"a","type":"stream","chunk":0,"encoding":"utf8","data":7}'],
  ["data: a lone surrogate", '{"uid":"a","type":"stream","chunk":0,"encoding":"utf8","data":"\\ud800"}'],
  ["flags: unknown", '{"uid":"a","type":"stream","chunk":0,"flags":["fast"]}'],
  ["sha256: too short", '{"uid":"a","type":"stream","chunk":0,"sha256":"00"}'],
  [
    "request_id: in upper case",
    '{"uid":"","type":"stream","frame":"start","request_id":"018F4D3C-8B2A-7C11-9D6E-2F1A0B3C4D5E"}',
  ],
  ["outcome: without a status", '{"uid":"a","type":"stream","outcome":{}}'],
  ["hello: a string", '{"uid":"","type":"command","hello":"x"}'],
  ["a stream that no START has named", '{"uid":"a","type":"stream","chunk":0}'],
  ["data without a chunk's number", '{"uid":"","type":"command","data":1}'],
  ["END: of that does not fit", '{"uid":"","type":"stream","alias":1,"chunk":1,"is_final":true,"of":3}'],
]

/** JSON beside its normal form. */
export function packetTexts(): readonly PacketVector[] {
  return TEXTS.map(([name, text]) => {
    const connection = new CodecConnection()
    const before = [connection.write("client", [HOSTED])]
    const { hex, packets } = connection.write("client", parsePackets(text))
    return { name, before, by: "client", text, hex, packets }
  })
}

/** JSON that is refused, as it is read or as it is made into frames. */
export function invalidPackets(): readonly InvalidPacketVector[] {
  return FAULTY.map(([name, text]) => ({ name, text, ...packetRefusal(text) }))
}

/** What the codec says of a text. @throws Error when it finds nothing wrong */
function packetRefusal(text: string): Pick<InvalidPacketVector, "code" | "field"> {
  try {
    new PacketFramer().toFrames(parsePackets(text))
  } catch (error) {
    if (!(error instanceof BusError) || !isErrorCode(error.code)) throw error
    const { field } = error.details
    return { code: error.code, ...(typeof field === "string" && { field }) }
  }
  throw new Error(`nothing is wrong with ${text}`)
}
