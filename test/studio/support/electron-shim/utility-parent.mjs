// What Electron gives a utility process: `process.parentPort`. Here it goes over Node's own channel; messages wait for the first listener, as there.
const listeners = [];
const early = [];
process.on('message', (data) => {
  if (listeners.length === 0) early.push(data);
  for (const listener of listeners) listener({ data });
});
process.parentPort = {
  postMessage: (message) => process.send?.(message, undefined, undefined, () => undefined),
  on: (_event, listener) => {
    listeners.push(listener);
    for (const data of early.splice(0)) listener({ data });
  },
};
// A utility process dies with the program.
process.on('disconnect', () => process.exit(0));
