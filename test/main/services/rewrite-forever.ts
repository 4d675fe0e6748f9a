import { writeFileAtomic } from '../../../src/main/services/atomic-write.ts';

// Rewrites one file with a run of one letter after the other, until it is killed.
const [path = '', size = '0'] = process.argv.slice(2);
process.send?.('started');
for (let letter = 0; ; letter = (letter + 1) % 26) {
  await writeFileAtomic(path, String.fromCharCode(97 + letter).repeat(Number(size)));
}
