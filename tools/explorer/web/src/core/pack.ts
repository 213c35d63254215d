// Reading packs: arrays of numbers with a few words about them. tools/explorer/packing.py says what they are.
import { Trouble } from "./types";

const TYPES = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  float32: Float32Array,
};

const START = 8; // bytes before the header: the magic and the header's length

export type Numbers = InstanceType<(typeof TYPES)[keyof typeof TYPES]>;

export interface Pack<About> {
  about: About;
  arrays: Record<string, Numbers>;
}

interface Header<About> {
  about: About;
  arrays: { name: string; dtype: keyof typeof TYPES; length: number }[];
}

/** Read a pack. A gzipped one is unpacked first: a host may or may not have done that already. */
export async function readPack<About>(bytes: ArrayBuffer): Promise<Pack<About>> {
  const start = new Uint8Array(bytes, 0, Math.min(START, bytes.byteLength));
  if (start[0] === 0x1f && start[1] === 0x8b) return readPack(await unzipped(bytes));
  if (String.fromCharCode(...start.subarray(0, 4)) !== "EMB1")
    throw new Trouble("The data that came are not what was expected. Reload the page.", true);
  const length = start.length < START ? Infinity : new DataView(bytes).getUint32(4, true);
  if (START + length > bytes.byteLength) throw cutOff();
  const header: Header<About> = JSON.parse(
    new TextDecoder().decode(new Uint8Array(bytes, START, length)),
  );
  const arrays: Record<string, Numbers> = {};
  let at = START + length;
  for (const { name, dtype, length: count } of header.arrays) {
    const Type = TYPES[dtype];
    if (at + count * Type.BYTES_PER_ELEMENT > bytes.byteLength) throw cutOff();
    arrays[name] = new Type(bytes, at, count);
    at += Math.ceil((count * Type.BYTES_PER_ELEMENT) / 8) * 8;
  }
  return { about: header.about, arrays };
}

async function unzipped(bytes: ArrayBuffer): Promise<ArrayBuffer> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  try {
    return await new Response(stream).arrayBuffer();
  } catch {
    throw cutOff(); // a stream that ends before its end, or whose checksum is wrong
  }
}

const cutOff = () => new Trouble("The data came only in part. Reload the page.", true);
