/**
 * Runs one model in a process of its own and reports how much memory that took: node peak-memory.mjs MODEL [RUNS] [OPTIONS].
 * OPTIONS: JSON session options.
 * Every input is filled with small numbers of its own. Prints one JSON line: bytes before the session was made and at the peak, and milliseconds of the last run.
 */
import { InferenceSession, Tensor } from 'onnxruntime-node';

const [model, runs = '1', options = '{}'] = process.argv.slice(2);
if (model === undefined) throw new Error('usage: node peak-memory.mjs MODEL [RUNS] [OPTIONS]');
const before = process.memoryUsage().rss;
const session = await InferenceSession.create(model, { logSeverityLevel: 3, ...JSON.parse(options) });
const feeds = Object.fromEntries(session.inputMetadata.map((input) => {
  if (!input.isTensor) throw new Error(`${input.name} is no tensor`);
  const shape = input.shape.map(Number);
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1)).map((_, index) => Math.sin(index * 0.7 + input.name.length));
  return [input.name, new Tensor('float32', data, shape)];
}));
let milliseconds = 0;
for (let run = 0; run < Number(runs); run += 1) {
  const start = performance.now();
  await session.run(feeds);
  milliseconds = performance.now() - start;
}
// resourceUsage counts kilobytes.
console.log(JSON.stringify({ before, peak: process.resourceUsage().maxRSS * 1024, milliseconds }));
