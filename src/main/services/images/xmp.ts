import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { inputError, type AppError } from '../../../contract/errors.ts';

/** Our XMP namespace: an identifier, not an address. */
const NAMESPACE = 'urn:engram-studio:picture:1';
/** Texts above this many characters are deflated: it keeps nearly all graphs within JPEG's 64 KB. */
const PLAIN_CHARACTERS = 16 * 1024;
/** Most bytes of all unpacked texts together: a graph file may have 16 MiB of characters. */
const MAX_UNPACKED_BYTES = 64 * 1024 * 1024;
/** Most characters of a packet that is read. */
const MAX_PACKET = 128 * 1024 * 1024;

/** Characters that XML 1.0 cannot carry, not even escaped, or that its readers change (carriage return); and those that text cannot hold (lone surrogates). */
const NOT_XML = /[\u0000-\u0008\u000b-\u001f\ufffe\uffff]|\p{Cs}/u;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const CHARACTERS: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: '\'' };

/** Property of a keyword: XML names begin with a letter, and take letters, digits and `-`. */
const PROPERTY = /^[A-Za-z][A-Za-z0-9-]{0,78}$/;

function property(keyword: string, text: string): string {
  if (!PROPERTY.test(keyword)) throw inputError('xmp.keyword', `XMP text "${keyword}"`, 'keyword must be a letter, then at most 78 letters, digits or "-"');
  const plain = text.length <= PLAIN_CHARACTERS && !NOT_XML.test(text);
  if (plain) return `<engram:${keyword}>${text.replace(/[&<>]/g, (character) => ENTITIES[character] as string)}</engram:${keyword}>`;
  return `<engram:${keyword}.deflated>${deflateRawSync(Buffer.from(text, 'utf8'), { level: 9 }).toString('base64')}</engram:${keyword}.deflated>`;
}

/**
 * An XMP packet with texts as properties of our namespace, sorted by keyword. Long ones, and those with characters that XML can't carry, are
 * raw deflate in base64 under `KEYWORD.deflated`.
 */
export function writeXmp(texts: Readonly<Record<string, string>>): string {
  const properties = Object.keys(texts).sort().map((keyword) => property(keyword, texts[keyword] as string));
  return [
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>',
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
    `<rdf:Description rdf:about="" xmlns:engram="${NAMESPACE}">`,
    ...properties,
    '</rdf:Description></rdf:RDF></x:xmpmeta>',
    '<?xpacket end="r"?>',
  ].join('\n');
}

function fault(where: string, rule: string, got?: string): AppError {
  return inputError('xmp.damaged', where, rule, got === undefined ? {} : { got });
}

function unescape(text: string, where: string): string {
  return text.replace(/&([^;]{0,10});?/g, (entity, name: string) => {
    const numeric = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(name);
    const code = numeric === null ? NaN : Number.parseInt(numeric[1] ?? numeric[2] as string, numeric[1] === undefined ? 10 : 16);
    if (entity.endsWith(';') && code <= 0x10ffff) return String.fromCodePoint(code);
    if (entity.endsWith(';') && Object.hasOwn(CHARACTERS, name)) return CHARACTERS[name] as string;
    throw fault(where, 'XML entities must be of the five that XML has, or numbers', entity);
  });
}

function inflate(text: string, room: number, where: string): Buffer {
  try {
    return inflateRawSync(Buffer.from(text, 'base64'), { maxOutputLength: Math.max(1, room) });
  } catch (error) {
    throw fault(where, `packed texts must unpack to at most ${MAX_UNPACKED_BYTES} bytes in all`, (error as Error).message);
  }
}

/**
 * The texts of our namespace in an XMP packet, by keyword; of one that comes twice, the first. Packets without our namespace give none.
 * @throws AppError `xmp.damaged` for entities and packed texts that are none, and for packets of more than 128 MiB.
 */
export function readXmp(packet: string, where: string): ReadonlyMap<string, string> {
  if (packet.length > MAX_PACKET) throw fault(where, `XMP must have at most ${MAX_PACKET} characters`, String(packet.length));
  const texts = new Map<string, string>();
  let room = MAX_UNPACKED_BYTES;
  if (!packet.includes(NAMESPACE)) return texts;
  for (const [, keyword, packed, text] of packet.matchAll(/<engram:([A-Za-z][A-Za-z0-9-]{0,78})(\.deflated)?>([^<]*)<\/engram:/g)) {
    if (texts.has(keyword as string)) continue;
    if (packed === undefined) {
      texts.set(keyword as string, unescape(text as string, where));
      continue;
    }
    const bytes = inflate(text as string, room, where);
    room -= bytes.length;
    texts.set(keyword as string, bytes.toString('utf8'));
  }
  return texts;
}
