// How long what took, so that the slowest can be seen at the end of a run.
const spent = [];

/** Runs `work` and remembers how long it took, under a kind and a name. */
export async function timed(kind, name, work) {
  const began = performance.now();
  try {
    return await work();
  } finally {
    spent.push({ kind, name, ms: performance.now() - began });
  }
}

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/** Each kind's time and number, and its slowest. */
export function printTimes(most = 6) {
  console.log('\ntime spent');
  for (const kind of new Set(spent.map((one) => one.kind))) {
    const all = spent.filter((one) => one.kind === kind);
    const sum = all.reduce((ms, one) => ms + one.ms, 0);
    const slowest = all.toSorted((a, b) => b.ms - a.ms).slice(0, most);
    console.log(
      `${seconds(sum).padStart(9)}  ${kind}: ${all.length}, ${Math.round(sum / all.length)} ms each`,
    );
    for (const { name, ms } of slowest) console.log(`${seconds(ms).padStart(9)}    ${name}`);
  }
}
