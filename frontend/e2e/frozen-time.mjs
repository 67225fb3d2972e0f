// Stops the page's clock: runs in every document before its own scripts. Timers go on, moments do not.
// Not Playwright's clock, which replaces every timer too and adds a script to each later load whenever it is set.

/** `Date` stays at `at` (ms since 1970) until the page is told `frozenTime.moveTo(ms)`. */
export function freezeTime(at) {
  const RealDate = Date;
  let now = at;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, given, created) =>
      Reflect.construct(target, given.length > 0 ? given : [now], created),
    apply: () => new RealDate(now).toString(),
    get: (target, key) => (key === 'now' ? () => now : Reflect.get(target, key)),
  });
  globalThis.frozenTime = {
    moveTo: (moment) => {
      now = moment;
    },
  };
}
