import { main } from './measure.ts';

await main(process.argv.slice(2));
