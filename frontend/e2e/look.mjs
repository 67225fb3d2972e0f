// Looks at every picture of `shots.mjs` for what a machine can see, wide and light, narrow and dark.
import { openPage } from './browser.mjs';
import { settled } from './settled.mjs';
import { audit, expectedProblems, stage } from './stage.mjs';
import { timed } from './timing.mjs';

const WIDE = { name: 'light, 1440 px', theme: 'light', width: 1440, height: 900, phone: false };
const NARROW = { name: 'dark, 390 px', theme: 'dark', width: 390, height: 844, phone: true };

/**
 * One page for both: it becomes a phone where it stands, as a window that is made narrow does. What was done by hand to
 * come into a state is done again on the phone.
 */
export async function lookAt(browser, shots) {
  const { context, page, problems } = await openPage(browser, WIDE);
  page.setDefaultTimeout(60_000);
  const devTools = await context.newCDPSession(page);
  const become = async ({ theme, width, height, phone }) => {
    await page.setViewportSize({ width, height });
    await devTools.send('Emulation.setTouchEmulationEnabled', { enabled: phone, maxTouchPoints: 1 });
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
  };
  const defects = [];
  let looked = 0;
  for (const shot of shots) {
    problems.expected = expectedProblems(shot);
    for (const view of [WIDE, NARROW]) {
      const at = `look at ${shot.name}, ${view.name}`;
      const found = [];
      try {
        const staged = view === WIDE || shot.prepare;
        // The state before need not be drawn anew in this one's size.
        if (staged) await page.goto('about:blank');
        await become(view);
        if (staged) await timed('load a state', at, () => stage(page, shot));
        else await timed('turn a state into a phone', at, () => settled(page));
        found.push(...(await timed('audit', at, () => audit(page, view, shot))));
      } catch (error) {
        found.push(error.message.split('\n')[0]);
      }
      found.push(...problems.splice(0));
      for (const defect of found) console.error(`FAIL  ${at}: ${defect}`);
      defects.push(...found);
    }
    looked += 1;
    if (looked % 50 === 0 || looked === shots.length)
      console.log(
        `${defects.length > 0 ? 'FAIL ' : 'ok   '} look at ${looked} of ${shots.length} states, twice`,
      );
  }
  await context.close();
  return defects;
}
