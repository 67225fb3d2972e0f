// When a page has come to rest: nothing asked is unanswered, its letters are there, and two frames in a row change nothing.

const IDLE_MS = 10_000;
const openRequests = new WeakMap();

/** Counts what the page has asked and not been answered yet. */
export function watchRequests(page) {
  const open = new Set();
  openRequests.set(page, open);
  page.on('request', (request) => {
    if (['fetch', 'xhr', 'script', 'stylesheet'].includes(request.resourceType())) open.add(request);
  });
  for (const end of ['requestfinished', 'requestfailed']) page.on(end, (request) => open.delete(request));
}

/**
 * Waits until the page rests. A page that never does is left after ten seconds: what is looked for then says whether it
 * came, and a page that is never still is no failure of itself.
 */
export async function settled(page) {
  const open = openRequests.get(page);
  const deadline = performance.now() + IDLE_MS;
  do {
    while (open.size > 0 && performance.now() < deadline) await new Promise((done) => setTimeout(done, 10));
    await page.evaluate(stillFrames);
  } while (open.size > 0 && performance.now() < deadline);
}

/** In the page: two frames without a change, an animation that ends, or a font on its way; 60 frames at most. */
async function stillFrames() {
  await document.fonts.ready;
  let changed = false;
  const observer = new MutationObserver(() => {
    changed = true;
  });
  observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  // A page that nobody sees draws no frames.
  const frame = () =>
    new Promise((done) => {
      requestAnimationFrame(done);
      setTimeout(done, 250);
    });
  const moves = (animation) =>
    animation.playState === 'running' && Number.isFinite(animation.effect?.getComputedTiming().endTime);
  for (let still = 0, frames = 0; still < 2 && frames < 60; frames++) {
    changed = false;
    await frame();
    still = changed || document.getAnimations().some(moves) ? 0 : still + 1;
  }
  observer.disconnect();
}
