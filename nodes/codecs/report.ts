import type { ValueCodec } from '../../src/contract/node.ts';
import type { Report } from '../values.ts';

export const reportCodec: ValueCodec = {
  type: 'Report',
  encode: (value) => new TextEncoder().encode(JSON.stringify(value)),
  decode: (bytes) => JSON.parse(new TextDecoder().decode(bytes)) as unknown,
  describe: (value) => ({ title: (value as Report).title, facts: (value as Report).facts }),
};
